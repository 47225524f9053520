package histogram

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"gopkg.in/guregu/null.v3"

	"go.k6.io/k6/v2/lib/netext/httpext"
	"go.k6.io/k6/v2/metrics"
)

// fail is a request without an answer.
func (b *bench) fail(text string) {
	b.AddMetricSamples([]metrics.SampleContainer{&httpext.Trail{
		EndTime: time.Now(), Failed: null.BoolFrom(true), Tags: b.tags("measure", "0").With("error", text),
	}})
}

// count is a sample of one of the script's own counters.
func (b *bench) count(name string, tags map[string]string) {
	m := b.registry.MustNewMetric(name, metrics.Counter)
	set := b.registry.RootTagSet().With("scenario", "measure")
	for key, value := range tags {
		set = set.With(key, value)
	}
	b.AddMetricSamples([]metrics.SampleContainer{metrics.Sample{
		TimeSeries: metrics.TimeSeries{Metric: m, Tags: set}, Time: time.Now(), Value: 1,
	}})
}

func TestFailedRequestsAreCountedByClassAndText(t *testing.T) {
	b := newBench(t, "", nil)
	for range 3 {
		b.request("measure", "500", time.Now(), time.Millisecond)
	}
	b.request("measure", "200", time.Now(), time.Millisecond)
	b.fail("dial: connection refused")
	b.fail("EOF")
	b.fail("EOF")
	b.count(exampleOf, map[string]string{"status": "500", "example": "too many\x1b[2J clients"})
	got := fmt.Sprint(b.stop(nil).Scenarios["measure"].Failures)
	want := "[{5xx 500 Internal Server Error too many[2J clients 3} {err EOF  2} {err dial: connection refused  1}]"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestWhatDiffersFromRequestToRequestIsOneText(t *testing.T) {
	for text, want := range map[string]string{
		"read tcp 10.42.0.7:51234->10.43.1.9:8000: i/o timeout":             "read tcp ADDRESS->ADDRESS: i/o timeout",
		"dial tcp [fd00::1%eth0]:8000: no route to host":                    "dial tcp ADDRESS: no route to host",
		"run 5f0c1b9e-61a2-4ba1-8d5e-0d7a5b0e4b11 unknown":                  "run ID unknown",
		"stream error: stream ID 7; CANCEL":                                 "stream error: stream ID N; CANCEL",
		"order 90210 of 2026 at 0xdeadbeef1 by a1b2c3d4e5f6":                "order N of N at ID by ID",
		"dial: unknown errno `99` on linux with message `cannot assign it`": "dial: unknown errno `99` on linux with message `cannot assign it`",
		"malformed HTTP response \"\x15\x03\x01\x00\u202e\r\n\xff\"":        "malformed HTTP response \" \"",
		strings.Repeat("x", 300):                                            strings.Repeat("x", maxText-1) + "…",
	} {
		if got := plain(text); got != want {
			t.Errorf("%q became\n%q, not\n%q", text, got, want)
		}
	}
}

func FuzzATextIsOneShortLineThatNoTerminalObeys(f *testing.F) {
	for _, text := range []string{"", "EOF", "\x1b[2J\r\n\x00", "10.0.0.1:80", "[::1]:80", "\xff\xfe", "0x1234567", strings.Repeat("é", 300)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := plain(text)
		if n := utf8.RuneCountInString(got); n > maxText || !utf8.ValidString(got) {
			t.Errorf("%d characters: %q", n, got)
		}
		if at := strings.IndexFunc(got, unicode.IsControl); at >= 0 {
			t.Errorf("a control character: %q", got)
		}
	})
}

func TestTextsWithoutBoundAreAddedUp(t *testing.T) {
	b := newBench(t, "", nil)
	for i := range 300 {
		b.fail("strange " + strings.Repeat("x", i%150))
	}
	b.fail("strange ")
	found := b.stop(nil).Scenarios["measure"].Failures
	total := int64(0)
	for _, f := range found {
		total += f.Requests
	}
	if len(found) > maxFailures+1 || total != 301 || found[0].Text != otherErrors {
		t.Errorf("%d of %d texts: %v", total, len(found), found)
	}
}

func TestARequestThatNeverLeftIsCountedAsFailed(t *testing.T) {
	b := newBench(t, "", nil)
	b.count(unsampled, map[string]string{"name": "request", "text": `invalid URL: parse "/%zz"`})
	b.count(unsampled, map[string]string{"name": "request", "text": "unsupported response status: 101 Switching Protocols"})
	doc := b.stop(nil).Scenarios["measure"]
	if doc.Requests != 2 || doc.Failed != 2 || doc.Status["err"] != 1 || doc.Status["1xx"] != 1 {
		t.Errorf("%+v", doc)
	}
	got := fmt.Sprint(doc.Failures)
	if want := `[{1xx 101 Switching Protocols  1} {err not sent: invalid URL: parse "/%zz"  1}]`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestOneClassIsSplitByOutcome(t *testing.T) {
	b := newBench(t, "", nil)
	b.AddMetricSamples([]metrics.SampleContainer{&httpext.Trail{
		EndTime: time.Now(), Failed: null.BoolFrom(false), Tags: b.tags("measure", "304"),
	}})
	b.request("measure", "307", time.Now(), time.Millisecond)
	splits := b.stop(nil).Scenarios["measure"].Splits
	if len(splits) != 2 || splits[0].Failed != 0 || splits[1].Failed != 1 {
		t.Errorf("%+v", splits)
	}
}

func TestTimeOutsHaveASplitOfTheirOwn(t *testing.T) {
	b, now := newBench(t, "", nil), time.Now()
	for text, took := range map[string]time.Duration{
		"request timeout": 2 * time.Second, "read: connection reset by peer": time.Millisecond,
	} {
		tags := b.tags("measure", "0").With("error", text)
		for range 3 { // the second and third by the cache of tag sets
			b.AddMetricSamples([]metrics.SampleContainer{&httpext.Trail{
				EndTime: now, Duration: took, Failed: null.BoolFrom(true), Tags: tags,
			}})
		}
	}
	b.request("measure", "503", now, time.Millisecond)
	told := map[int64]int64{}
	for _, sp := range b.stop(nil).Scenarios["measure"].Splits {
		if (sp.Class == noStatus) != (sp.TimedOut != nil) {
			t.Errorf("of class %s: %v", sp.Class, sp.TimedOut)
		}
		if sp.TimedOut != nil {
			told[*sp.TimedOut] = sp.Total.Min
		}
	}
	if len(told) != 2 || told[0] > 1001 || told[3] < 1_990_000 {
		t.Errorf("time-outs and the least that one took: %v", told)
	}
}
