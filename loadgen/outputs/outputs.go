// Package outputs prepares k6 for its own outputs (OpenTelemetry, Prometheus remote write): it
// gives them the headers that the operator names, and keeps what they say of a receiver that fails
// short and in one stream with the lines that are read back.
//
// k6 ends before the load where such a header cannot be read, and quotes it. So they are put
// together here: one whose Secret is not there, or holds what no header may, is left out.
package outputs

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
)

const (
	// HeadersEnv holds the headers of each output, as JSON.
	HeadersEnv = "LOADLAB_OUTPUT_HEADERS"

	otlpHeaders        = "K6_OTEL_HEADERS"
	remoteWriteHeaders = "K6_PROMETHEUS_RW_HEADERS_" // and the header's name
	longestWords       = 200                         // of what a receiver answered, up to 4 MiB, once in an interval
)

// A header has a value, or the variable that the kubelet fills from a Secret.
type header struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	Prefix   string `json:"prefix"`
	Variable string `json:"variable"`
}

type headers struct {
	OpenTelemetry []header `json:"opentelemetry"`
	RemoteWrite   []header `json:"prometheusRemoteWrite"`
}

func init() {
	for name, value := range variables(os.Getenv, os.Stdout) {
		_ = os.Setenv(name, value)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { tell(os.Stdout, err.Error()) }))
	otel.SetLogger(logr.Discard()) // it quotes headers, and says nothing that is not told above
}

// variables are those of k6 that hold the headers.
func variables(getenv func(string) string, out io.Writer) map[string]string {
	text := getenv(HeadersEnv)
	if text == "" {
		return nil
	}
	var given headers
	if json.Unmarshal([]byte(text), &given) != nil {
		tell(out, HeadersEnv+" is no JSON of headers: none is sent")
		return nil
	}
	found := map[string]string{}
	var pairs []string
	for _, one := range given.OpenTelemetry {
		if value, ok := one.read(getenv, out); ok {
			pairs = append(pairs, url.PathEscape(one.Name)+"="+url.PathEscape(value))
		}
	}
	if len(pairs) > 0 {
		found[otlpHeaders] = strings.Join(pairs, ",")
	}
	for _, one := range given.RemoteWrite {
		if value, ok := one.read(getenv, out); ok {
			found[remoteWriteHeaders+one.Name] = value
		}
	}
	return found
}

func (h header) read(getenv func(string) string, out io.Writer) (string, bool) {
	value := h.Value
	if h.Variable != "" {
		value = strings.TrimSpace(getenv(h.Variable)) // a file ends with a line break
	}
	if value == "" || strings.ContainsFunc(value, isNoText) {
		tell(out, fmt.Sprintf("header %s is not sent: its Secret is not there, or holds more than printable ASCII of one line", h.Name))
		return "", false
	}
	return h.Prefix + value, true
}

func isNoText(r rune) bool { return r < ' ' || r > '~' }

// tell writes one line in one piece. On stdout, as its reader takes that and stderr from two pipes: a
// line of the one may come between two parts of a long one of the other.
func tell(out io.Writer, text string) {
	line := strings.Map(func(r rune) rune {
		if isNoText(r) {
			return ' '
		}
		return r
	}, text)
	_, _ = fmt.Fprintf(out, "k6's outputs: %.*s\n", longestWords, line)
}
