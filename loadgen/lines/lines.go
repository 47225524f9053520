// Package lines writes what a pod's log is read for: JSON objects of one key, one a line.
//
// Each begins with the run's token where there is one. The script never sees it, so that nothing
// that it logs, such as an answer of the service under test, is taken for a line of ours. Our own
// script writes what it saw of freshness by this module:
//
//	import { print } from 'k6/x/loadlab';
//	print('loadlab_freshness', JSON.stringify(seen));
package lines

import (
	"fmt"
	"io"
	"os"

	"go.k6.io/k6/v2/js/modules"
	"go.k6.io/k6/v2/lib"
)

// TokenEnv is the variable that holds the token.
const TokenEnv = "LOADLAB_TOKEN"

// ofScripts is what a script may print, by the scenario in which it may: what our own probe of
// freshness saw. Snapshots and account are printed by who asks the steward for them.
var ofScripts = map[string]string{"loadlab_freshness": "freshness"}

var token = Take(TokenEnv)

func init() { modules.Register("k6/x/loadlab", module{}) }

// Write writes one object as a line, in one piece: other lines never come between.
func Write(w io.Writer, object []byte) error {
	line := make([]byte, 0, len(token)+len(object)+2)
	if token != "" {
		line = append(append(line, token...), ' ')
	}
	_, err := w.Write(append(append(line, object...), '\n'))
	return err
}

type module struct{ vu modules.VU }

func (module) NewModuleInstance(vu modules.VU) modules.Instance { return module{vu} }

func (m module) Exports() modules.Exports {
	return modules.Exports{Named: map[string]any{"print": m.print, "checkHidden": Hidden}}
}

func (m module) print(key, value string) error {
	scenario, known := ofScripts[key]
	if !known || ScenarioOf(m.vu) != scenario {
		return fmt.Errorf("a script writes no line %s here", key)
	}
	return Write(os.Stdout, fmt.Appendf(nil, `{"%s":%s}`, key, value))
}

// ScenarioOf is the scenario that a virtual user is in: empty in setup, teardown and before.
func ScenarioOf(vu modules.VU) string {
	if state := lib.GetScenarioState(vu.Context()); state != nil {
		return state.Name
	}
	return ""
}
