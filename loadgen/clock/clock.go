// Package clock tells time that nobody sets. A wall clock is set by NTP or by hand, also while a load
// runs: whatever counts by it would end sooner or later, and take an age for what it is not.
//
//	import { steadyMs } from 'k6/x/clock';
//
// It also tells by how much the wall clock was set: k6 times its requests by it, so that those under
// way at that moment are longer or shorter by as much, and so are the edges of a measurement.
package clock

import (
	"slices"
	"time"

	"go.k6.io/k6/v2/js/modules"
)

const looks = 3 // between the two clocks of one the process may be held up

// origin is what both are counted from.
var origin = time.Now()

func init() { modules.Register("k6/x/clock", module{}) }

type module struct{}

func (module) NewModuleInstance(modules.VU) modules.Instance { return module{} }

func (m module) Exports() modules.Exports {
	return modules.Exports{Named: map[string]any{"steadyMs": func() float64 { return SteadyMs(time.Now()) }}}
}

// SteadyMs is a moment in ms since this process began, whatever the wall clock says.
func SteadyMs(at time.Time) float64 { return float64(at.Sub(origin).Microseconds()) / 1000 }

// Ahead is by how much the wall clock has run further than the steady one since this process began.
func Ahead() time.Duration {
	found := make([]time.Duration, looks)
	for i := range found {
		now := time.Now()
		found[i] = time.Duration(now.UnixNano()-origin.UnixNano()) - now.Sub(origin)
	}
	slices.Sort(found)
	return found[looks/2]
}
