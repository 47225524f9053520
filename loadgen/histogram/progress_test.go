package histogram

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestProgressIsOneShortLineASecond(t *testing.T) {
	b, now := newBench(t, "", nil), time.Now()
	b.request("warmup", "200", now, time.Millisecond)
	time.Sleep(1100*time.Millisecond + 2*flushEvery)
	b.request("measure", "503", now, time.Millisecond)
	time.Sleep(1100*time.Millisecond + 2*flushEvery)
	_ = b.StopWithTestError(nil)
	lines := strings.Split(strings.TrimSpace(b.stdout.String()), "\n")
	if len(lines) < 3 || len(lines) > 5 {
		t.Fatalf("%d lines, want a few of progress and the result", len(lines))
	}
	for i, line := range lines[:len(lines)-1] {
		holdToSchema(t, []byte(line))
		var told map[string]progressDoc
		if err := json.Unmarshal([]byte(line), &told); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		p := told[progressKey]
		if i == 0 && (p.Phase != warmUp || p.Requests != 1) {
			t.Errorf("first: %+v", p)
		}
		if i == len(lines)-2 && (p.Phase != measurement || p.Requests != 2 || p.Failed != 1) {
			t.Errorf("last: %+v", p)
		}
	}
}

func TestProgressIsShortAlsoAfterADay(t *testing.T) {
	b, now := newBench(t, "", nil), time.Now()
	b.request("measure", "200", now, time.Hour)
	b.settle()
	b.started, b.vus = now.Add(-24*time.Hour), gauge{{time.Now(), 100_000}}
	b.scenarios[measuredScenario].requests, b.scenarios[measuredScenario].failed = 1e9, 1e9
	raw, err := json.Marshal(map[string]any{progressKey: b.progress()})
	if err != nil || len(raw) >= 200 {
		t.Fatalf("%d bytes, %v: %s", len(raw), err, raw)
	}
}

func TestProgressTellsTheLatestWholeSecond(t *testing.T) {
	b, now := newBench(t, "", nil), time.Now()
	b.request("warmup", "200", now, 80*time.Millisecond)
	b.request("measure", "200", now, 20*time.Millisecond) // and one of waiting for a connection
	b.request("measure", "503", now, 90*time.Millisecond) // no answer that a latency is told of
	b.settle()
	b.reading.at = now.Add(time.Second)
	if p := b.progress(); p.P95Us < 20_900 || p.P95Us > 21_100 {
		t.Errorf("%+v", p)
	}
	b.reading.at = now.Add(2 * time.Second)
	if p := b.progress(); p.P95Us != 0 {
		t.Errorf("nothing came in that second: %+v", p)
	}
}

func TestProgressBeforeTheLoadIsThePreparation(t *testing.T) {
	b := newBench(t, "", nil)
	b.request("", "200", time.Now(), time.Millisecond) // readiness, in setup
	b.settle()
	b.vus = gauge{{time.Now().Add(-time.Hour), 7}}
	if p := b.progress(); p.Phase != preparation || p.Requests != 0 || p.InFlight != 0 {
		t.Errorf("%+v", p)
	}
}
