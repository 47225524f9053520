package histogram

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"gopkg.in/guregu/null.v3"

	"go.k6.io/k6/v2/lib/netext/httpext"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
)

// bench is an output under test, fed as k6 feeds it.
type bench struct {
	*Output
	t        *testing.T
	stdout   *bytes.Buffer
	registry *metrics.Registry
}

func newBench(t *testing.T, target string, env map[string]string) *bench {
	t.Helper()
	stdout := &bytes.Buffer{}
	b := begin(t, output.Params{ConfigArgument: target, Environment: env, StdOut: stdout})
	b.stdout = stdout
	return b
}

func begin(t *testing.T, params output.Params) *bench {
	t.Helper()
	params.Logger = logrus.New()
	o, err := New(params)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{o.(*Output), t, nil, metrics.NewRegistry()}
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) tags(scenario, status string) *metrics.TagSet {
	tags := b.registry.RootTagSet().With("name", "request")
	if scenario != "" {
		tags = tags.With("scenario", scenario)
	}
	return tags.With("status", status)
}

func (b *bench) request(scenario, status string, end time.Time, took time.Duration) {
	b.AddMetricSamples([]metrics.SampleContainer{&httpext.Trail{
		EndTime: end, Duration: took, Blocked: time.Millisecond,
		Failed: null.BoolFrom(status != "200"), Tags: b.tags(scenario, status),
	}})
}

func (b *bench) sample(name string, kind metrics.MetricType, contains metrics.ValueType, v float64) {
	m := b.registry.MustNewMetric(name, kind, contains)
	tags := b.registry.RootTagSet().With("scenario", "measure")
	b.AddMetricSamples([]metrics.SampleContainer{metrics.Sample{
		TimeSeries: metrics.TimeSeries{Metric: m, Tags: tags}, Time: time.Now(), Value: v,
	}})
}

func (b *bench) stop(testErr error) document {
	b.t.Helper()
	if err := b.StopWithTestError(testErr); err != nil {
		b.t.Fatal(err)
	}
	return parse(b.t, b.stdout.Bytes())
}

// settle flushes what there is and ends the flusher: what the output holds is the test's own after.
func (b *bench) settle() { b.flusher.Stop() }

func parse(t *testing.T, raw []byte) document {
	t.Helper()
	if n := bytes.Count(raw, []byte("\n")); n != 1 {
		t.Fatalf("want one line, got %d", n)
	}
	var line struct {
		Doc document `json:"loadlab_result"`
	}
	if err := json.Unmarshal(raw, &line); err != nil {
		t.Fatal(err)
	}
	holdToSchema(t, raw)
	return line.Doc
}
