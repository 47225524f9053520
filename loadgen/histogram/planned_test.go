package histogram

import (
	"testing"
	"time"

	"go.k6.io/k6/v2/lib/netext/httpext"
	"go.k6.io/k6/v2/metrics"

	"loadlab.dev/loadgen/arrivals"
)

// planned is an answer that took 10 ms from asking for a connection, and was to be asked for `late`
// before that.
func (b *bench) planned(late time.Duration, metadata map[string]string) {
	intended, _ := arrivals.IntendedStart(metadata)
	b.AddMetricSamples([]metrics.SampleContainer{&httpext.Trail{
		EndTime: intended.Add(late + 10*time.Millisecond),
		Blocked: 2 * time.Millisecond, Duration: 8 * time.Millisecond,
		Tags: b.tags("measure", "200"), Metadata: metadata,
	}})
}

func TestLatenessAndLatencyFromTheIntendedStartAreKept(t *testing.T) {
	b := newBench(t, "", nil)
	b.planned(30*time.Millisecond, map[string]string{"intended": "5000000"})
	split := b.stop(nil).Scenarios["measure"].Splits[0]
	if split.Late == nil || split.Planned == nil {
		t.Fatal("neither is there")
	}
	for what, of := range map[string][3]int64{
		"http_req_lateness":      {split.Late.Max, 30_000, 30_031},
		"http_req_from_intended": {split.Planned.Max, 40_000, 40_047},
		"http_req_total":         {split.Total.Max, 10_000, 10_015},
	} {
		if of[0] < of[1] || of[0] > of[2] {
			t.Errorf("%s: %d µs, not %d", what, of[0], of[1])
		}
	}
}

func TestWhereNothingWasIntendedNothingIsTold(t *testing.T) {
	b := newBench(t, "", nil)
	b.request("measure", "200", time.Now(), time.Millisecond)
	if split := b.stop(nil).Scenarios["measure"].Splits[0]; split.Late != nil || split.Planned != nil {
		t.Errorf("%+v", split)
	}
}

func TestWhatWasPlannedWaitsInEachSecondThatBeganBeforeItsAnswer(t *testing.T) {
	b := newBench(t, "", nil)
	metadata := map[string]string{"intended": "5000000"}
	intended, _ := arrivals.IntendedStart(metadata)
	lates := []time.Duration{time.Second, 2 * time.Second}
	for _, late := range lates {
		b.planned(late, metadata)
	}
	series := b.stop(nil).Scenarios["measure"].Series
	if len(series) != len(lates) { // a second in which nothing ended has no line
		t.Fatalf("%d seconds", len(series))
	}
	for _, second := range series {
		var want int64
		for _, late := range lates {
			if intended.Add(late+10*time.Millisecond).Unix() >= second.T {
				want++
			}
		}
		if second.Due != want || want == 0 {
			t.Errorf("second %d: %d waited, not %d", second.T-intended.Unix(), second.Due, want)
		}
	}
}
