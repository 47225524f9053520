// Package lines writes what a pod's log is read for: JSON objects of one key, one a line.
//
// Each begins with the run's token where there is one. The script never sees it, so that nothing
// that it logs, such as an answer of the service under test, is taken for a line of ours. It writes
// its own lines by this module:
//
//	import { print } from 'k6/x/loadlab';
//	print('loadlab_account', JSON.stringify(account));
package lines

import (
	"fmt"
	"io"
	"os"
	"slices"

	"go.k6.io/k6/v2/js/modules"
)

// TokenEnv is the variable that holds the token. It is taken out of the environment before k6 looks
// at it, which would hand it to the script in __ENV.
const TokenEnv = "LOADLAB_TOKEN"

// ofScripts are the lines that a script may write; progress and result are the output's alone.
var ofScripts = []string{"loadlab_account", "loadlab_freshness", "loadlab_snapshot"}

var token = takeToken()

func init() { modules.Register("k6/x/loadlab", module{}) }

func takeToken() string {
	taken := os.Getenv(TokenEnv)
	_ = os.Unsetenv(TokenEnv)
	return taken
}

// Write writes one object as a line, in one piece: other lines never come between.
func Write(w io.Writer, object []byte) error {
	line := make([]byte, 0, len(token)+len(object)+2)
	if token != "" {
		line = append(append(line, token...), ' ')
	}
	_, err := w.Write(append(append(line, object...), '\n'))
	return err
}

func writeOfScript(key, value string) error {
	if !slices.Contains(ofScripts, key) {
		return fmt.Errorf("a script writes no line %s", key)
	}
	return Write(os.Stdout, fmt.Appendf(nil, `{"%s":%s}`, key, value))
}

type module struct{}

func (module) NewModuleInstance(modules.VU) modules.Instance { return module{} }

func (module) Exports() modules.Exports {
	return modules.Exports{Named: map[string]any{"print": writeOfScript}}
}
