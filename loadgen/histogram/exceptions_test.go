package histogram

import (
	"fmt"
	"testing"
	"time"

	"go.k6.io/k6/v2/metrics"
)

func (b *bench) throws(text string, times int) {
	m := b.registry.MustNewMetric(exceptionOf, metrics.Counter)
	for range times {
		b.AddMetricSamples([]metrics.SampleContainer{metrics.Sample{
			TimeSeries: metrics.TimeSeries{Metric: m, Tags: b.tags("measure", "200").With("text", text)},
			Time:       time.Now(), Value: 1,
		}})
	}
}

func TestWhatIterationsThrewIsCountedByItsText(t *testing.T) {
	b := newBench(t, "", nil)
	b.request("measure", "200", time.Now(), time.Millisecond)
	b.throws("no user 12345 at 10.0.0.1", 2)
	b.throws("no user 54321 at 10.0.0.2", 1)
	b.throws("", 1)
	for i := range maxTexts + 50 {
		b.throws(fmt.Sprintf("one %d of many", i), 1)
	}
	doc := b.stop(nil)
	found := doc.Scenarios["measure"].Exceptions
	if len(found) != maxThrown+1 || found[0] != (exceptionDoc{"no user N at ADDRESS", 3}) {
		t.Errorf("%+v", found)
	}
	sum := int64(0)
	for _, each := range found {
		sum += each.Iterations
	}
	if last := found[len(found)-1]; sum != 3+1+maxTexts+50 || last.Text != otherExceptions {
		t.Errorf("%d iterations, %+v", sum, last)
	}
	if _, known := doc.Counters[exceptionOf]; known {
		t.Error("our own counter is among the script's")
	}
}
