package histogram

import (
	"net"
	"testing"
	"time"

	"gopkg.in/guregu/null.v3"

	"go.k6.io/k6/v2/lib/netext/httpext"
	"go.k6.io/k6/v2/metrics"
)

// answer is one of several answers in an iteration; k6 samples each.
func (b *bench) answer(status, iteration string, end time.Time, took time.Duration) {
	b.AddMetricSamples([]metrics.SampleContainer{&httpext.Trail{
		EndTime: end, Duration: took, Blocked: time.Millisecond, Failed: null.BoolFrom(status != "200"),
		Tags: b.tags("measure", status), Metadata: map[string]string{"vu": "1", "iter": iteration},
	}})
}

func (b *bench) iterated(iteration string) {
	m := b.registry.MustNewMetric(metrics.IterationsName, metrics.Counter)
	tags := b.registry.RootTagSet().With("scenario", "measure")
	b.AddMetricSamples([]metrics.SampleContainer{metrics.Sample{
		TimeSeries: metrics.TimeSeries{Metric: m, Tags: tags}, Time: time.Now(), Value: 1,
		Metadata: map[string]string{"vu": "1", "iter": iteration},
	}})
}

func TestTheAnswersOfOneIterationAreOneRequest(t *testing.T) {
	b, start := newBench(t, "", nil), time.Now().Truncate(time.Second)
	b.answer("307", "0", start.Add(10*time.Millisecond), 9*time.Millisecond)
	b.answer("302", "0", start.Add(30*time.Millisecond), 19*time.Millisecond)
	b.answer("200", "0", start.Add(60*time.Millisecond), 20*time.Millisecond)
	b.iterated("0")
	doc := b.stop(nil).Scenarios["measure"]
	if doc.Requests != 1 || doc.Failed != 0 || doc.RedirectsFollowed != 2 || doc.Status["3xx"] != 0 {
		t.Fatalf("%+v", doc)
	}
	total := doc.Splits[0].Total
	if total.Max < 59_900 || total.Max > 60_100 {
		t.Errorf("from the first byte asked for to the last: 60 ms, not %d µs", total.Max)
	}
	if doc.FirstStartUs != start.Add(time.Millisecond).UnixMicro() {
		t.Errorf("the request began with its first byte")
	}
}

func TestConnectionsThatWereMadeAreCounted(t *testing.T) {
	b, now := newBench(t, "", nil), time.Now()
	for _, reused := range []bool{false, true, true, false} {
		b.AddMetricSamples([]metrics.SampleContainer{&httpext.Trail{
			EndTime: now, Duration: time.Millisecond, ConnReused: reused, ConnRemoteAddr: &net.TCPAddr{},
			Failed: null.BoolFrom(false), Tags: b.tags("measure", "200"),
		}})
	}
	b.AddMetricSamples([]metrics.SampleContainer{&httpext.Trail{ // it never was connected
		EndTime: now, Failed: null.BoolFrom(true), Tags: b.tags("measure", ""),
	}})
	if doc := b.stop(nil).Scenarios["measure"]; doc.Connections != 2 || doc.Requests != 5 {
		t.Errorf("%+v", doc)
	}
}

func TestARedirectThatIsNotFollowedAnyMoreIsTheAnswer(t *testing.T) {
	b, now := newBench(t, "", nil), time.Now()
	for range 3 {
		b.answer("307", "0", now, time.Millisecond)
	}
	b.iterated("0")
	doc := b.stop(nil).Scenarios["measure"]
	if doc.Requests != 1 || doc.Failed != 1 || doc.RedirectsFollowed != 2 || doc.Status["3xx"] != 1 {
		t.Errorf("%+v", doc)
	}
}

func TestARedirectWhoseIterationWasCutIsNoRequest(t *testing.T) {
	b, now := newBench(t, "", nil), time.Now()
	b.answer("307", "0", now, time.Millisecond)
	b.answer("200", "1", now, time.Millisecond)
	b.iterated("1")
	doc := b.stop(nil).Scenarios["measure"]
	if doc.Requests != 1 || doc.RedirectsFollowed != 0 {
		t.Errorf("%+v", doc)
	}
}
