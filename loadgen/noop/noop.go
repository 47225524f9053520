// Package noop is a server that does nothing, in the generator's own process: what a request to it
// takes is the generator's own.
//
//	import { address } from 'k6/x/noop';
//	http.get(address());
package noop

import (
	"net"
	"net/http"
	"sync"
	"time"

	"go.k6.io/k6/v2/js/modules"
)

const headerTimeout = time.Minute

// address is asked for by each virtual user; all share one server, which ends with the process.
var address = sync.OnceValues(serve)

func init() { modules.Register("k6/x/noop", module{}) }

func serve() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: http.HandlerFunc(answer), ReadHeaderTimeout: headerTimeout}
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), nil
}

func answer(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

type module struct{}

func (module) NewModuleInstance(modules.VU) modules.Instance { return module{} }

func (module) Exports() modules.Exports {
	return modules.Exports{Named: map[string]any{"address": address}}
}
