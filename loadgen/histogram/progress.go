package histogram

import (
	"encoding/json"
	"time"

	"loadlab.dev/loadgen/lines"
)

// The phases of a run, as far as samples tell them.
const (
	preparation = "preparation" // nothing was sent yet: the service or the other pods are awaited
	warmUp      = "warm-up"
	measurement = "measurement"

	measuredScenario = "measure"
	warmUpScenario   = "warmup"
	gaugeIsOldAfter  = 3 * time.Second // k6 reads it once a second, and only while there is load
)

// progressDoc is how far a run has come, told once a second in a line of under 200 bytes.
type progressDoc struct {
	Version  int    `json:"version"`
	Seconds  int64  `json:"seconds"` // since this process began
	Phase    string `json:"phase"`
	Requests int64  `json:"requests"` // ended so far, those of the warm-up included
	Failed   int64  `json:"failed"`
	InFlight int64  `json:"inFlight"`        // iterations under way; one of them may be the snapshots'
	P95Us    int64  `json:"p95Us,omitempty"` // of the latest second that is over; absent without an answer in it
}

func (o *Output) progress() progressDoc {
	doc := progressDoc{
		Version: version, Seconds: o.secondsSinceStart(), Phase: preparation,
		InFlight: o.vus.latest(o.reading.at.Add(-gaugeIsOldAfter)),
	}
	for _, s := range o.scenarios {
		doc.Requests += s.requests
		doc.Failed += s.failed
	}
	switch {
	case o.scenarios[measuredScenario] != nil:
		doc.Phase = measurement
	case len(o.scenarios) > 0:
		doc.Phase = warmUp
	}
	doc.P95Us = o.latestP95(o.reading.at.Unix() - 1)
	return doc
}

// latestP95 is of one second, of the measured requests where there are any: a load beside them is another one.
func (o *Output) latestP95(second int64) int64 {
	if s := o.scenarios[measuredScenario]; s != nil {
		return s.series.p95(second)
	}
	latest := int64(0)
	for _, s := range o.scenarios {
		latest = max(latest, s.series.p95(second))
	}
	return latest
}

func (o *Output) secondsSinceStart() int64 { return int64(o.reading.at.Sub(o.started).Seconds()) }

// tellProgress writes one line in every second that the flusher sees, beside the document on stdout.
func (o *Output) tellProgress() {
	now := o.secondsSinceStart()
	if now == o.told || o.target() != "stdout" {
		return
	}
	o.told = now
	raw, err := json.Marshal(map[string]any{progressKey: o.progress()})
	if err == nil {
		err = lines.Write(o.params.StdOut, raw)
	}
	if err != nil {
		o.params.Logger.WithError(err).Warn("histogram: progress not written")
	}
}
