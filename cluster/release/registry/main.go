// A registry for the tests of a release: in memory, on an address of loopback, behind a password.
//
// It is go-containerregistry's own, with the Basic authentication in front of it that registries ask
// for. ADDRESS, NAME and PASSWORD come from the environment; the first line that it prints is the
// address on which it listens.
package main

import (
	"crypto/subtle"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	listener, err := net.Listen("tcp", os.Getenv("ADDRESS"))
	if err != nil {
		log.Fatal(err)
	}
	if host, ok := listener.Addr().(*net.TCPAddr); !ok || !host.IP.IsLoopback() {
		log.Fatalf("%s is not this machine's loopback", listener.Addr())
	}
	fmt.Println(listener.Addr())
	server := &http.Server{
		Handler:           guarded(registry.New(), os.Getenv("NAME"), os.Getenv("PASSWORD")),
		ReadHeaderTimeout: 10 * time.Second,
	}
	log.Fatal(server.Serve(listener))
}

// guarded refuses who does not know name and password.
func guarded(inner http.Handler, name, password string) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		givenName, givenPassword, _ := request.BasicAuth()
		known := subtle.ConstantTimeCompare([]byte(givenName), []byte(name)) +
			subtle.ConstantTimeCompare([]byte(givenPassword), []byte(password))
		if known != 2 {
			answer.Header().Set("WWW-Authenticate", `Basic realm="loadlab"`)
			http.Error(answer, "who are you?", http.StatusUnauthorized)
			return
		}
		inner.ServeHTTP(answer, request)
	})
}
