package histogram

import (
	"math"
	"runtime/metrics"
	"testing"
	"time"
)

var epoch = time.Unix(1_000, 0)

func moment(s float64) time.Time { return epoch.Add(time.Duration(s * float64(time.Second))) }

func TestUsageBetweenTwoFlushesIsInterpolated(t *testing.T) {
	h := history{
		{at: moment(0), cpu: 0, throttled: unknown},
		{at: moment(1), cpu: time.Second, throttled: unknown, peakRSS: 7},
		{at: moment(2), cpu: 3 * time.Second, throttled: unknown, peakRSS: 9},
	}
	doc := h.between(moment(0.5), moment(1.5), reading{}, reading{})
	if math.Abs(doc.CPUSeconds-1.5) > 1e-9 || doc.WallSeconds != 1 || doc.PeakRSSBytes != 9 {
		t.Errorf("%+v", doc)
	}
	if doc.ThrottledSeconds != nil {
		t.Error("throttling that nobody could read must be null, not a figure")
	}
}

func TestThrottlingIsTheDifferenceOfTwoReadings(t *testing.T) {
	h := history{{at: moment(0), throttled: time.Second}, {at: moment(1), throttled: 3 * time.Second}}
	doc := h.between(moment(0), moment(1), reading{}, reading{})
	if doc.ThrottledSeconds == nil || *doc.ThrottledSeconds != 2 {
		t.Errorf("throttled: %v", doc.ThrottledSeconds)
	}
}

func TestThePauseIsTheLongestLatenessOfAReadingWithinTheTime(t *testing.T) {
	tick := flushEvery.Seconds()
	h := history{
		{at: moment(0)}, {at: moment(5)}, // before the time
		{at: moment(5 + tick)}, {at: moment(7 + 2*tick)}, {at: moment(7 + 3*tick)},
		{at: moment(90)}, // after it
	}
	if got := h.longestPause(moment(5), moment(7+3*tick)); got != 2*time.Second {
		t.Errorf("pause: %v", got)
	}
	if got := (history{{at: moment(0)}, {at: moment(tick)}}).longestPause(moment(0), moment(1)); got != 0 {
		t.Errorf("pause of a process that was never late: %v", got)
	}
}

func TestAClockThatWasSetIsSeenWithinTheTimeOnly(t *testing.T) {
	h := history{
		{at: moment(0), ahead: 0}, {at: moment(1), ahead: -5 * time.Second}, // in the warm-up
		{at: moment(2), ahead: -5 * time.Second}, {at: moment(3), ahead: -4 * time.Second},
		{at: moment(4), ahead: -5 * time.Second}, {at: moment(9), ahead: time.Hour}, // after it
	}
	if got := h.clockStep(moment(1.5), moment(4)); got != time.Second {
		t.Errorf("set by %s, and back: a second, whatever it is in the end", got)
	}
	if got := h.clockStep(moment(3.5), moment(4)); got != time.Second {
		t.Errorf("%s; between a reading and the next nobody knows when", got)
	}
	if got := (history{}).clockStep(moment(0), moment(1)); got != 0 {
		t.Errorf("of no reading: %s", got)
	}
}

func TestSchedulerWaitLooksOnlyAtTheTimeBetween(t *testing.T) {
	edges := []float64{0, 1e-6, 1e-3, math.Inf(1)}
	a := &metrics.Float64Histogram{Counts: []uint64{0, 0, 50}, Buckets: edges}
	b := &metrics.Float64Histogram{Counts: []uint64{98, 2, 50}, Buckets: edges}
	if got := schedWait(a, b, 0.5); got != 1 {
		t.Errorf("p50: %d µs", got)
	}
	if got := schedWait(a, b, 0.99); got != 1000 {
		t.Errorf("p99: %d µs", got)
	}
}

func TestTheReadingOfThisProcessIsReal(t *testing.T) {
	r := readGenerator()
	if r.cpu <= 0 || r.peakRSS <= 1<<20 || r.sched == nil {
		t.Errorf("cpu %v, peak RSS %d, scheduler %v", r.cpu, r.peakRSS, r.sched != nil)
	}
}

func TestALimitIsQuotaOverPeriodOrNothing(t *testing.T) {
	if got := ratio("150000\n", "100000\n"); got == nil || *got != 1.5 {
		t.Errorf("limit: %v", got)
	}
	for _, quota := range []string{"max", "-1", ""} {
		if got := ratio(quota, "100000"); got != nil {
			t.Errorf("%q: %v", quota, *got)
		}
	}
}

func TestTheGaugeIgnoresSamplesOutsideTheScenario(t *testing.T) {
	var g gauge
	for i, vus := range []int64{90, 3, 5, 90} {
		g = append(g, struct {
			at  time.Time
			vus int64
		}{moment(float64(i)), vus})
	}
	if got := g.highest(moment(1), moment(2)); got != 5 {
		t.Errorf("got %d", got)
	}
}
