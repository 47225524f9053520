package histogram

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/types"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
)

const address = "http://select-001-a1-service:8000"

func ownBench(t *testing.T, told string) *bench {
	t.Helper()
	o, err := New(output.Params{
		Environment: map[string]string{targetEnv: address}, Logger: logrus.New(),
		ScriptOptions: lib.Options{External: map[string]json.RawMessage{scriptExt: json.RawMessage(told)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &bench{Output: o.(*Output), t: t, registry: metrics.NewRegistry()}
}

func TestANameIsAPathAndNeverTheAddressOfOneTrial(t *testing.T) {
	own := &ownScript{target: address}
	for given, want := range map[string]string{
		address + "/items/1":                "/items/1",
		address + "?q=1":                    "?q=1",
		address:                             "/",
		"${}/items/${}":                     "/items/${}",
		address + "1/elsewhere":             address + "1/elsewhere",
		"https://example.org/":              "https://example.org/",
		"login":                             "login",
		"two\nlines\x1b[2J":                 "two lines[2J",
		address + strings.Repeat("/x", 300): strings.Repeat("/x", 300)[:maxText-1] + "…",
	} {
		if found := own.nameOf(given); found != want {
			t.Errorf("%q: %q, want %q", given, found, want)
		}
	}
	var ours *ownScript
	if ours.nameOf(address+"/x") != address+"/x" || ours.mostSplits() != maxSplits || ours.document() != nil {
		t.Error("our own script's names were changed")
	}
}

func TestWhatAScriptTellsIsBounded(t *testing.T) {
	thresholds := make([]string, 30)
	for i := range thresholds {
		thresholds[i] = fmt.Sprintf(`{"metric":"m%d\u001b","threshold":"%s"}`, i, strings.Repeat("x", 999))
	}
	for i := range 25 {
		thresholds[i] = fmt.Sprintf(`{"metric":"http_req_duration{name:%d}","threshold":"avg<1"}`, i)
	}
	told := fmt.Sprintf(`{"thresholds":[%s],"ignored":["vus"]}`, strings.Join(thresholds, ","))
	doc := ownBench(t, told).own.document()
	if len(doc.Thresholds) != maxThresholds || doc.Thresholds[3].Metric != "m28" || doc.LeftOut != 10 || len(doc.Ignored) != 1 {
		t.Errorf("%d thresholds, %q, %v", len(doc.Thresholds), doc.Thresholds[3].Metric, doc.Ignored)
	}
	if n := len([]rune(doc.Thresholds[0].Threshold)); n != maxText {
		t.Errorf("a threshold of %d characters", n)
	}
	params := output.Params{ScriptOptions: lib.Options{
		External: map[string]json.RawMessage{scriptExt: json.RawMessage(`[]`)},
	}}
	if _, err := New(params); err == nil {
		t.Error("a list was read as an object")
	}
}

func TestAnIterationLastsAsLongAsItsPaceAsksFor(t *testing.T) {
	o, err := New(output.Params{Logger: logrus.New(), StdOut: &bytes.Buffer{}, ScriptOptions: lib.Options{
		MinIterationDuration: types.NullDurationFrom(time.Second),
		External:             map[string]json.RawMessage{scriptExt: json.RawMessage(`{}`)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Output: o.(*Output), t: t, registry: metrics.NewRegistry()}
	m := b.registry.MustNewMetric(metrics.IterationDurationName, metrics.Trend, metrics.Time)
	for _, v := range []float64{20, 1500} {
		b.addSample(metrics.Sample{
			TimeSeries: metrics.TimeSeries{Metric: m, Tags: b.tags(measuredScenario, "200")}, Value: v,
		}, reading{})
	}
	if doc, err := b.scenarios[measuredScenario].iteration.document(); err != nil ||
		math.Abs(doc.Mean-1_250_000) > 2000 {
		t.Errorf("%v, %+v", err, doc)
	}
}

func TestOnlyAcceptedIdsOfTheWarmUpAreCounted(t *testing.T) {
	b := ownBench(t, `{"thresholds":[],"ignored":[]}`)
	accepted := b.registry.MustNewMetric(acceptedID, metrics.Counter)
	seen := b.registry.MustNewMetric("seen", metrics.Counter)
	waited := b.registry.MustNewMetric("waited", metrics.Trend)
	for _, scenario := range []string{warmUpScenario, measuredScenario} {
		for _, metric := range []*metrics.Metric{accepted, seen, waited} {
			b.addSample(metrics.Sample{
				TimeSeries: metrics.TimeSeries{Metric: metric, Tags: b.tags(scenario, "200")},
				Time:       time.Now(), Value: 3,
			}, reading{})
		}
	}
	if b.custom.accepted != 2 || b.custom.counters["seen"] != 3 || b.custom.trends["waited"].h.TotalCount() != 1 {
		t.Errorf("accepted %d, counters %v", b.custom.accepted, b.custom.counters)
	}
}

func TestNoNumberOfAScriptBreaksTheDocument(t *testing.T) {
	c := newCustom()
	c.count("endless", math.Inf(1))
	c.time("waited", math.Inf(1))
	c.time("waited", -5)
	c.time("waited", math.NaN())
	for i := range 2 * maxCounters {
		c.count(fmt.Sprint(i), 1)
	}
	docs, err := c.trendDocs()
	if err != nil || docs["waited"].Count != 3 || docs["waited"].Clamped == 0 || docs["waited"].Exact != nil {
		t.Errorf("%v, %+v", err, docs)
	}
	if _, err := json.Marshal(c.counterDocs()); err != nil || len(c.counters) != maxCounters {
		t.Errorf("%v, %d counters", err, len(c.counters))
	}
}

func TestATrendTellsOfTheValuesThatNoHistogramHolds(t *testing.T) {
	b := newBench(t, "", nil)
	for _, v := range []float64{500_000, -3, 0, 0.0004, 0.001, 20} {
		b.sample("odd", metrics.Trend, metrics.Default, v)
	}
	d := b.stop(nil).Trends["odd"]
	if d.Count != 6 || d.Clamped != 1 || d.Below != 3 {
		t.Errorf("%d values, %d above, %d below", d.Count, d.Clamped, d.Below)
	}
	if d.Exact == nil || d.Exact.Min != -3 || d.Exact.Max != 500_000 || d.Exact.Sum != 500_017.0014 {
		t.Errorf("exact: %+v", d.Exact)
	}
}

func TestOtherProtocolsAreCountedAndAScriptsMetricsOfLikeNamesAreKept(t *testing.T) {
	b := newBench(t, "", nil)
	for _, name := range []string{"ws_sessions", "ws_msgs_sent", "grpc_streams", "ws_connect", "http_request_errors"} {
		b.sample(name, metrics.Counter, metrics.Default, 1)
	}
	b.sample(metrics.GRPCReqDurationName, metrics.Trend, metrics.Time, 5)
	b.sample(metrics.HTTPReqWaitingName, metrics.Trend, metrics.Time, 5)
	doc := b.stop(nil)
	found := doc.Scenarios["measure"].OtherProtocols
	if len(found) != 3 || found["WebSocket sessions"] != 1 || found["gRPC requests"] != 1 {
		t.Errorf("%v", found)
	}
	if len(doc.Counters) != 5 || doc.Counters["ws_connect"] == nil || len(doc.Trends) != 0 {
		t.Errorf("%v, %v", doc.Counters, doc.Trends)
	}
}
