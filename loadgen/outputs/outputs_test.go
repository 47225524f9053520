package outputs

import (
	"bytes"
	"maps"
	"strings"
	"testing"
)

const given = `{
  "opentelemetry": [
    {"name": "X-Scope-OrgID", "value": "lab, one"},
    {"name": "Authorization", "prefix": "Bearer ", "variable": "TOKEN"}
  ],
  "prometheusRemoteWrite": [{"name": "Authorization", "prefix": "Basic ", "variable": "TOKEN"}]
}`

func read(environment map[string]string) (map[string]string, string) {
	var said bytes.Buffer
	found := variables(func(name string) string { return environment[name] }, &said)
	return found, said.String()
}

func TestWithoutHeadersNothingIsSet(t *testing.T) {
	if found, said := read(nil); found != nil || said != "" {
		t.Errorf("set %v, said %q", found, said)
	}
}

func TestHeadersAreSpelledAsEachOutputReadsThem(t *testing.T) {
	found, said := read(map[string]string{HeadersEnv: given, "TOKEN": "a%b=,c\n"})
	want := map[string]string{
		"K6_OTEL_HEADERS":                        "X-Scope-OrgID=lab%2C%20one,Authorization=Bearer%20a%25b=%2Cc",
		"K6_PROMETHEUS_RW_HEADERS_Authorization": "Basic a%b=,c",
	}
	if !maps.Equal(found, want) || said != "" {
		t.Errorf("set %v, said %q", found, said)
	}
}

func TestASecretThatNoHeaderMayHoldIsLeftOutAndNotQuoted(t *testing.T) {
	for _, secret := range []string{"", " \n", "two\nlines", "é"} {
		found, said := read(map[string]string{HeadersEnv: given, "TOKEN": secret})
		if want := (map[string]string{"K6_OTEL_HEADERS": "X-Scope-OrgID=lab%2C%20one"}); !maps.Equal(found, want) {
			t.Errorf("%q: set %v", secret, found)
		}
		if strings.Count(said, "header Authorization is not sent") != 2 || strings.Contains(said, "two") {
			t.Errorf("%q: said %q", secret, said)
		}
	}
}

func TestWhatIsNoJSONEndsNoRun(t *testing.T) {
	if found, said := read(map[string]string{HeadersEnv: "secret"}); found != nil || strings.Contains(said, "secret") {
		t.Errorf("set %v, said %q", found, said)
	}
}

func TestWhatAReceiverAnsweredIsOneShortLine(t *testing.T) {
	var out bytes.Buffer
	tell(&out, "500\n"+strings.Repeat("é\x1b", 10_000))
	if line := out.String(); strings.Count(line, "\n") != 1 || len(line) > longestWords+20 || strings.Contains(line, "\x1b") {
		t.Errorf("%d bytes: %q", len(line), line)
	}
}
