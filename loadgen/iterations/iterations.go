// Package iterations tells when a given number of iterations has ended, over all virtual users of
// the process: then the measurement has, and whoever takes the snapshot at its end waits for it.
//
//	import { ended, reached, wait } from 'k6/x/iterations';
package iterations

import (
	"context"
	"sync/atomic"
	"time"

	"go.k6.io/k6/v2/js/modules"
)

// of the one measurement that a process makes
var all = newCount()

func init() { modules.Register("k6/x/iterations", root{}) }

// count becomes complete with the call of ended that makes up the number.
type count struct {
	ended    atomic.Int64
	complete chan struct{}
}

func newCount() *count { return &count{complete: make(chan struct{})} }

// end counts one iteration of so many.
func (c *count) end(of int64) {
	if c.ended.Add(1) == of {
		close(c.complete)
	}
}

// reached tells whether all have ended.
func (c *count) reached() bool {
	select {
	case <-c.complete:
		return true
	default:
		return false
	}
}

// wait returns when all have ended, at the latest after a time, or with the context.
func (c *count) wait(ctx context.Context, within time.Duration) {
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-c.complete:
	case <-late.C:
	case <-ctx.Done():
	}
}

type root struct{}

type instance struct{ vu modules.VU }

func (root) NewModuleInstance(vu modules.VU) modules.Instance { return instance{vu} }

func (i instance) Exports() modules.Exports {
	return modules.Exports{Named: map[string]any{
		"ended": all.end, "reached": all.reached,
		"wait": func(withinMs int64) { all.wait(i.vu.Context(), time.Duration(withinMs)*time.Millisecond) },
	}}
}
