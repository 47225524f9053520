// Package histogram is a k6 output that keeps mergeable HDR histograms per scenario in constant
// memory and writes one JSON document at the end.
//
//	k6 run --quiet --out histogram script.js    # one line on stdout, beginning {"loadlab_result":
//	k6 run --out histogram=doc.json script.js   # a file, written under a temporary name and renamed
package histogram

import (
	"fmt"
	"os"
	"strings"
	"time"

	"go.k6.io/k6/v2/lib/netext/httpext"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
)

const (
	flushEvery    = 250 * time.Millisecond
	maxCachedTags = 100_000 // url tags without bound must not grow the cache
	ignoredByDef  = "edges" // the scenario that takes the snapshots
	ignoreEnv     = "K6_HISTOGRAM_IGNORE"
	checkpointEnv = "K6_HISTOGRAM_CHECKPOINT"
)

func init() { output.RegisterExtension("histogram", New) }

// Output implements output.Output and output.WithStopWithTestError.
//
// k6's own goroutine only appends to the SampleBuffer; everything else happens on the flusher's.
// Were it ever to wait, k6 would stop draining samples and the virtual users would stand still.
type Output struct {
	output.SampleBuffer
	params  output.Params
	flusher *output.PeriodicFlusher
	started time.Time
	saved   time.Time
	every   time.Duration // checkpoint period, 0 = none
	told    int64         // the second of the latest progress line
	ignored map[string]bool

	scenarios map[string]*scenario
	routes    map[*metrics.TagSet]route // equal tag sets are one pointer
	custom    *custom
	vus       gauge
	history   history
	reading   reading                  // the latest
	pending   map[chain]*httpext.Trail // redirects of which the next answer is not there yet
	own       *ownScript               // nil where the script is ours
}

// route says where the samples of a tag set go; a nil scenario means nowhere.
type route struct {
	scenario *scenario
	split    *split
	failure  *int64 // of failed requests: where they are counted by their text
	isWarmUp bool
}

var _ output.WithStopWithTestError = &Output{}

// New is the output.Constructor.
func New(p output.Params) (output.Output, error) {
	every, err := checkpointPeriod(p.Environment[checkpointEnv])
	if err != nil {
		return nil, err
	}
	own, err := readOwnScript(p)
	if err != nil {
		return nil, err
	}
	return &Output{
		params: p, every: every, ignored: ignoredScenarios(p.Environment), own: own,
		scenarios: map[string]*scenario{}, routes: map[*metrics.TagSet]route{},
		custom: newCustom(), pending: map[chain]*httpext.Trail{},
	}, nil
}

func checkpointPeriod(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	every, err := time.ParseDuration(text)
	if err != nil || every < 0 {
		return 0, fmt.Errorf("%s is %q: give a duration such as 5s", checkpointEnv, text)
	}
	return every, nil
}

func ignoredScenarios(env map[string]string) map[string]bool {
	names, ok := env[ignoreEnv]
	if !ok {
		names = ignoredByDef
	}
	ignored := map[string]bool{"": true} // setup and teardown belong to no scenario
	for name := range strings.SplitSeq(names, ",") {
		ignored[strings.TrimSpace(name)] = true
	}
	return ignored
}

// Description implements output.Output.
func (o *Output) Description() string { return "histogram (" + o.target() + ")" }

// Start implements output.Output.
func (o *Output) Start() (err error) {
	if err = o.probeTarget(); err != nil {
		return err
	}
	o.started = time.Now()
	o.saved = o.started
	o.read()
	o.flusher, err = output.NewPeriodicFlusher(flushEvery, o.flush)
	return err
}

// Stop implements output.Output; k6 calls StopWithTestError instead.
func (o *Output) Stop() error { return o.StopWithTestError(nil) }

// StopWithTestError implements output.WithStopWithTestError: it writes the complete document.
func (o *Output) StopWithTestError(testErr error) error {
	o.flusher.Stop() // after one last flush
	doc, err := o.document(testErr, true)
	if err != nil {
		return err
	}
	return o.write(doc)
}

func (o *Output) read() {
	o.reading = readGenerator()
	o.history = append(o.history, o.reading.usage)
}

func (o *Output) flush() {
	before := o.reading
	o.read()
	for _, c := range o.GetBufferedSamples() {
		if trail, ok := c.(*httpext.Trail); ok {
			o.addRequest(trail, before)
			continue
		}
		for _, s := range c.GetSamples() {
			o.addSample(s, before)
		}
	}
	for _, s := range o.scenarios {
		s.series.close(o.reading.at.Unix() - openFor)
	}
	o.tellProgress()
	o.checkpoint()
}

func (o *Output) addRequest(t *httpext.Trail, before reading) {
	r := o.routeOf(t.Tags, before)
	if r.scenario == nil {
		return
	}
	if o.own == nil { // k6's own figures count each answer on the way, and so does who compares with them
		t = o.joined(t, r.scenario)
	}
	if t != nil {
		o.count(t, r)
	}
}

func (o *Output) count(t *httpext.Trail, r route) {
	if r.split == nil { // the tag set was met first on another kind of sample
		class, failed := statusClass(t.Tags), t.Failed.ValueOrZero()
		r.split = r.scenario.splitFor(t.Tags, class, failed)
		if failed {
			r.failure = r.scenario.failures.counter(class, failureText(t.Tags))
		}
		o.remember(t.Tags, r)
	}
	if r.failure != nil {
		*r.failure++
	}
	r.scenario.addRequest(r.split, t)
	r.scenario.to = o.reading
}

func (o *Output) addSample(s metrics.Sample, before reading) {
	if s.Metric.Name == metrics.VUsName {
		o.vus = append(o.vus, struct {
			at  time.Time
			vus int64
		}{s.Time, int64(s.Value)})
		return
	}
	r := o.routeOf(s.Tags, before)
	if r.scenario == nil {
		return
	}
	if t := o.last(s); t != nil {
		o.count(t, o.routeOf(t.Tags, before))
	}
	if !r.scenario.addSample(s) && (!r.isWarmUp || s.Metric.Name == acceptedID) {
		o.custom.add(s)
	}
}

func (o *Output) routeOf(tags *metrics.TagSet, before reading) route {
	if r, ok := o.routes[tags]; ok {
		return r
	}
	var r route
	if name, _ := tags.Get("scenario"); !o.ignored[name] {
		name = o.own.phaseOf(name)
		if o.scenarios[name] == nil {
			o.scenarios[name] = newScenario(before, o.own)
		}
		r.scenario, r.isWarmUp = o.scenarios[name], name == warmUpScenario
	}
	o.remember(tags, r)
	return r
}

func (o *Output) remember(tags *metrics.TagSet, r route) {
	if len(o.routes) < maxCachedTags {
		o.routes[tags] = r
	}
}

// checkpoint leaves a document that survives SIGKILL, marked as not complete.
func (o *Output) checkpoint() {
	now := o.reading.at
	if o.every == 0 || now.Sub(o.saved) < o.every {
		return
	}
	o.saved = now
	doc, err := o.document(nil, false)
	if err == nil {
		err = o.write(doc)
	}
	if err != nil {
		o.params.Logger.WithError(err).Warn("histogram: checkpoint not written")
	}
}

func (o *Output) target() string {
	if o.params.ConfigArgument == "" || o.params.ConfigArgument == "-" {
		return "stdout"
	}
	return o.params.ConfigArgument
}

// probeTarget fails on a path that cannot be written, before the load instead of after it.
func (o *Output) probeTarget() error {
	if o.target() == "stdout" {
		return nil
	}
	f, err := o.createPart()
	if err != nil {
		return fmt.Errorf("histogram: %s cannot be written, choose another path: %w", o.target(), err)
	}
	return f.Close()
}

func (o *Output) createPart() (*os.File, error) {
	return os.OpenFile(o.target()+".part", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
}
