package histogram

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
)

func TestScenariosAreKeptApartAndEdgesAndSetupAreNotLoad(t *testing.T) {
	b, now := newBench(t, "", nil), time.Now()
	b.request("warmup", "200", now, time.Millisecond)
	b.request("measure", "200", now, 2*time.Millisecond)
	b.request("measure", "200", now, 3*time.Millisecond)
	b.request("edges", "200", now, time.Millisecond)
	b.request("", "200", now, time.Millisecond)
	doc := b.stop(nil)
	if len(doc.Scenarios) != 2 {
		t.Fatalf("scenarios: %v", doc.Scenarios)
	}
	if w, m := doc.Scenarios["warmup"].Requests, doc.Scenarios["measure"].Requests; w != 1 || m != 2 {
		t.Errorf("warmup %d, measure %d", w, m)
	}
	if !doc.Complete || doc.Error != "" {
		t.Errorf("complete %v, error %q", doc.Complete, doc.Error)
	}
}

func TestTheIgnoredScenariosComeFromTheEnvironment(t *testing.T) {
	b := newBench(t, "", map[string]string{ignoreEnv: "probe, warmup"})
	b.request("probe", "200", time.Now(), time.Millisecond)
	b.request("warmup", "200", time.Now(), time.Millisecond)
	b.request("edges", "200", time.Now(), time.Millisecond)
	if doc := b.stop(nil); len(doc.Scenarios) != 1 || doc.Scenarios["edges"].Requests != 1 {
		t.Errorf("scenarios: %v", doc.Scenarios)
	}
}

func TestRequestsAreSplitByStatusAndTimedFromTheirStart(t *testing.T) {
	b, now := newBench(t, "", nil), time.Now()
	b.request("measure", "200", now, 40*time.Millisecond)
	b.request("measure", "503", now.Add(time.Second), 2*time.Millisecond)
	b.request("measure", "0", now.Add(time.Second), 0)
	m := b.stop(nil).Scenarios["measure"]
	for class, want := range map[string]int64{"2xx": 1, "4xx": 0, "5xx": 1, "err": 1} {
		if m.Status[class] != want {
			t.Errorf("%s: %d", class, m.Status[class])
		}
	}
	if m.Failed != 2 || len(m.Splits) != 3 || m.Splits[0].Class != "2xx" {
		t.Errorf("failed %d, splits %v", m.Failed, m.Splits)
	}
	if m.FirstStartUs != now.Add(-40*time.Millisecond).UnixMicro() {
		t.Errorf("first start: %d", m.FirstStartUs)
	}
	if d, whole := m.Splits[0].Duration.Max, m.Splits[0].Total.Max; whole < d+990 {
		t.Errorf("the total lacks the wait for a connection: %d, %d", d, whole)
	}
}

func TestTheSeriesJudgesLatencyOnAnsweredRequestsOnly(t *testing.T) {
	b, at := newBench(t, "", nil), time.Unix(1_700_000_000, 0)
	for range 10 {
		b.request("measure", "200", at, 20*time.Millisecond) // and one of waiting for a connection
		b.request("measure", "0", at, 0)
	}
	b.request("measure", "200", at.Add(2*time.Second), 5*time.Millisecond)
	s := b.stop(nil).Scenarios["measure"].Series
	if len(s) != 2 || s[0].N != 20 || s[0].Err != 10 || s[0].P50 < 20_900 || s[1].T-s[0].T != 2 {
		t.Errorf("series: %+v", s)
	}
}

func TestALateSampleStaysInTheTotals(t *testing.T) {
	b, now := newBench(t, "", nil), time.Now()
	b.request("measure", "200", now.Add(-20*time.Second), time.Millisecond)
	time.Sleep(2 * flushEvery) // the flusher closes that second
	b.request("measure", "200", now.Add(-20*time.Second), time.Millisecond)
	m := b.stop(nil).Scenarios["measure"]
	if m.Requests != 2 || m.LateForSeries != 1 || len(m.Series) != 1 {
		t.Errorf("requests %d, late %d, series %v", m.Requests, m.LateForSeries, m.Series)
	}
}

func TestAcceptedIdsAreSummedAsExactIntegers(t *testing.T) {
	b := newBench(t, "", nil)
	ids := []int64{1, 7, 1_000_000_001, 1_000_000_002}
	var sum, mix int64
	for _, id := range ids {
		b.sample(acceptedID, metrics.Counter, metrics.Default, float64(id))
		sum, mix = sum+id, mix+id*48271%2147483647
	}
	b.sample("bytes_saved", metrics.Counter, metrics.Default, 1e12)
	b.sample("start_lag", metrics.Trend, metrics.Time, 1.5)
	doc := b.stop(nil)
	if got := int64(doc.Counters["accepted_id_sum"].(float64)); got != sum {
		t.Errorf("sum: want %d, got %d", sum, got)
	}
	if got := int64(doc.Counters["accepted_id_mix"].(float64)); got != mix {
		t.Errorf("mix: want %d, got %d", mix, got)
	}
	if got := doc.Counters["accepted"]; got != 4.0 {
		t.Errorf("accepted: %v", got)
	}
	if !strings.Contains(b.stdout.String(), `"bytes_saved":1000000000000`) {
		t.Error("a whole counter must be printed as an integer")
	}
	if doc.Trends["start_lag"].Max != 1500 {
		t.Errorf("trends: %v", doc.Trends)
	}
}

func TestIterationsAndDropsAreCounted(t *testing.T) {
	b := newBench(t, "", nil)
	b.sample(metrics.IterationsName, metrics.Counter, metrics.Default, 1)
	b.sample(metrics.IterationDurationName, metrics.Trend, metrics.Time, 2)
	b.sample(metrics.DroppedIterationsName, metrics.Counter, metrics.Default, 3)
	b.sample(metrics.DataReceivedName, metrics.Counter, metrics.Data, 400)
	for range 4 { // begun, one of them ended, and one was a user's rest
		b.sample(metrics.DataSentName, metrics.Counter, metrics.Data, 10)
	}
	b.sample(restedOf, metrics.Counter, metrics.Default, 1)
	doc := b.stop(nil)
	m := doc.Scenarios["measure"]
	if m.Iterations != 1 || m.DroppedIterations != 3 || m.BytesReceived != 400 || m.IterationDuration.Max != 2000 {
		t.Errorf("%+v", m)
	}
	if m.LastIterationUs <= m.LastSampleUs || m.LastIterationUs-m.FirstIterationUs != 2000 {
		t.Errorf("iterations from %d to %d", m.FirstIterationUs, m.LastIterationUs)
	}
	if m.Interrupted != 2 {
		t.Errorf("interrupted: %d", m.Interrupted)
	}
	if len(doc.Counters) != 3 {
		t.Errorf("k6's own counters leaked into the script's: %v", doc.Counters)
	}
}

func TestARunThatFailedSaysWhyAndWithWhichCode(t *testing.T) {
	b := newBench(t, "", nil)
	err := errext.WithExitCodeIfNone(errors.New("the steward refused"), exitcodes.ScriptAborted)
	if doc := b.stop(err); doc.Error != "the steward refused" || doc.ExitCode != 108 {
		t.Errorf("error %q, exit code %d", doc.Error, doc.ExitCode)
	}
}

func TestACheckpointIsNotComplete(t *testing.T) {
	path := filepath.Join(t.TempDir(), "doc.json")
	b := newBench(t, path, map[string]string{checkpointEnv: "1ms"})
	b.request("measure", "200", time.Now(), time.Millisecond)
	time.Sleep(3 * flushEvery)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if doc := parse(t, raw); doc.Complete || doc.Scenarios["measure"].Requests != 1 {
		t.Errorf("complete %v, %v", doc.Complete, doc.Scenarios)
	}
	if err := b.StopWithTestError(nil); err != nil {
		t.Fatal(err)
	}
	if raw, err = os.ReadFile(path); err != nil || !parse(t, raw).Complete {
		t.Errorf("the last document must be complete: %v", err)
	}
}

func TestAPathThatCannotBeWrittenFailsBeforeTheLoad(t *testing.T) {
	o, err := New(output.Params{ConfigArgument: filepath.Join(t.TempDir(), "absent", "doc.json")})
	if err != nil {
		t.Fatal(err)
	}
	if err = o.Start(); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("error: %v", err)
	}
}

func TestABadCheckpointPeriodIsRefused(t *testing.T) {
	for _, text := range []string{"soon", "-1s"} {
		if _, err := New(output.Params{Environment: map[string]string{checkpointEnv: text}}); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}
