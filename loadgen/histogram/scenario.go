package histogram

import (
	"cmp"
	"slices"
	"time"

	"go.k6.io/k6/v2/lib/netext/httpext"
	"go.k6.io/k6/v2/metrics"

	"loadlab.dev/loadgen/arrivals"
)

const (
	maxSplits = 200         // distinct (name, class) pairs of a scenario
	otherName = "__other__" // where requests beyond maxSplits are counted
	noStatus  = "err"       // the class of requests without an answer
)

// scenario gathers what one k6 scenario did: its requests apart from every other scenario's.
type scenario struct {
	requests, failed, iterations, dropped, bytes int64
	begun                                        int64 // iterations, those cut short included
	redirects                                    int64 // followed by k6 itself: no load of their own
	connections                                  int64 // made for a request, as none was there to be used again

	status     map[string]int64
	failures   *failures
	exceptions exceptions       // of a script of the user's own
	others     map[string]int64 // of its sessions and calls by other protocols
	splits     map[splitKey]*split
	iteration  *distribution
	series     *series
	firstStart time.Time // of the earliest request
	first      time.Time // end of the first request
	last       time.Time // end of the last request
	began      time.Time // of the first iteration that was not cut short
	ended      time.Time // of the last one: a user may pause after its request
	from, to   reading   // the generator around the scenario's samples
	own        *ownScript
}

type splitKey struct {
	name, class string
	failed      bool // of one class some may have failed, and others not: 307 and 304
	timedOut    bool // of those without an answer: each was waited for as long as it took
}

// split is the requests of one name, status class and outcome; latency is judged on the good ones.
type split struct {
	splitKey
	requests        int64
	duration, total *distribution
	planned         *planned // nil where nothing was planned: users that wait for answers
}

type splitDoc struct {
	Name     string          `json:"name"`
	Class    string          `json:"class"`
	Requests int64           `json:"requests"`
	Failed   int64           `json:"failed"`
	TimedOut *int64          `json:"timedOut,omitempty"` // 0 or all of them; of class err only
	Duration distributionDoc `json:"http_req_duration"`
	Total    distributionDoc `json:"http_req_total"`
	// From the intended start, in an open model: until the request was sent, and to its last byte.
	Late    *distributionDoc `json:"http_req_lateness,omitempty"`
	Planned *distributionDoc `json:"http_req_from_intended,omitempty"`
}

type scenarioDoc struct {
	Requests          int64            `json:"requests"`
	Failed            int64            `json:"failed"`
	Iterations        int64            `json:"iterations"`
	DroppedIterations int64            `json:"droppedIterations"`
	Interrupted       int64            `json:"interruptedIterations"` // cut: their requests left no sample
	BytesReceived     int64            `json:"bytesReceived"`
	ScheduleStartUs   int64            `json:"scheduleStartUs,omitempty"` // of intended starts
	FirstStartUs      int64            `json:"firstStartUs"`
	FirstSampleUs     int64            `json:"firstSampleUs"`
	LastSampleUs      int64            `json:"lastSampleUs"`
	FirstIterationUs  int64            `json:"firstIterationUs,omitempty"` // its begin
	LastIterationUs   int64            `json:"lastIterationUs,omitempty"`  // its end
	RedirectsFollowed int64            `json:"redirectsFollowed,omitempty"`
	Connections       int64            `json:"connections,omitempty"`
	Status            map[string]int64 `json:"status"`
	Failures          []failureDoc     `json:"failures"`
	Exceptions        []exceptionDoc   `json:"exceptions,omitempty"`
	OtherProtocols    map[string]int64 `json:"otherProtocols,omitempty"`
	Splits            []splitDoc       `json:"splits"`
	IterationDuration distributionDoc  `json:"iteration_duration"`
	VirtualUsersMax   int64            `json:"virtualUsersMax"`
	Series            []secondDoc      `json:"series"`
	LateForSeries     int64            `json:"lateForSeries,omitempty"`
	Generator         generatorDoc     `json:"generator"`
}

func newScenario(from reading, own *ownScript) *scenario {
	return &scenario{
		status:     map[string]int64{"2xx": 0, "4xx": 0, "5xx": 0, noStatus: 0},
		failures:   newFailures(),
		exceptions: exceptions{},
		others:     map[string]int64{},
		splits:     map[splitKey]*split{},
		iteration:  newDistribution(),
		series:     newSeries(),
		from:       from,
		own:        own,
	}
}

// splitFor finds the split of a tag set; the caller caches it, since equal tag sets are one pointer.
func (s *scenario) splitFor(tags *metrics.TagSet, class string, failed bool) *split {
	key := splitKey{class: class, failed: failed, timedOut: class == noStatus && hasTimedOut(tags)}
	key.name, _ = tags.Get("name")
	key.name = s.own.nameOf(key.name)
	if s.splits[key] == nil && len(s.splits) >= s.own.mostSplits() {
		key.name = otherName
	}
	if s.splits[key] == nil {
		s.splits[key] = &split{splitKey: key, duration: newDistribution(), total: newDistribution()}
	}
	return s.splits[key]
}

func statusClass(tags *metrics.TagSet) string {
	if code, _ := tags.Get("status"); len(code) == 3 {
		return code[:1] + "xx"
	}
	return noStatus
}

func (s *scenario) addRequest(sp *split, t *httpext.Trail) {
	total := t.Blocked + t.Duration // what a user waits for, the queue for a connection included
	s.requests++
	sp.requests++
	s.status[sp.class]++
	if sp.failed {
		s.failed++
	}
	// Of one that was sent once more, on a second connection, k6 tells no time of connecting.
	if !t.ConnReused && t.ConnRemoteAddr != nil {
		s.connections++
	}
	sp.duration.record(t.Duration)
	sp.total.record(total)
	if intended, ok := arrivals.IntendedStart(t.Metadata); ok {
		sp.recordPlanned(t.EndTime.Sub(intended), total)
		s.series.wait(intended, t.EndTime)
	}
	s.series.record(t.EndTime, total, !sp.failed && sp.class != "3xx", sp.failed)
	s.see(t.EndTime.Add(-t.Duration), t.EndTime)
}

func (s *scenario) see(start, end time.Time) {
	if s.firstStart.IsZero() || start.Before(s.firstStart) {
		s.firstStart = start
	}
	if s.first.IsZero() || end.Before(s.first) {
		s.first = end
	}
	if end.After(s.last) {
		s.last = end
	}
}

// addIteration takes one that was not cut short, the pauses of its user included.
func (s *scenario) addIteration(took time.Duration, end time.Time) {
	s.iteration.record(took)
	if begin := end.Add(-took); s.began.IsZero() || begin.Before(s.began) {
		s.began = begin
	}
	if end.After(s.ended) {
		s.ended = end
	}
}

// addUnsampled counts a request that the script tells of because k6 has no sample of it.
func (s *scenario) addUnsampled(sample metrics.Sample) {
	text, _ := sample.Tags.Get("text")
	key := unsampledFailure(text)
	*s.failures.counter(key.class, key.text)++
	s.addRequest(s.splitFor(sample.Tags, key.class, true), &httpext.Trail{EndTime: sample.Time})
}

func (s *scenario) addExample(tags *metrics.TagSet) {
	code, _ := tags.Get("status")
	example, _ := tags.Get("example")
	s.failures.exemplify(statusText(code), cut(printable(example)))
}

// addSample takes what is no HTTP request and reports whether it was one that the output knows.
func (s *scenario) addSample(sample metrics.Sample) bool {
	switch sample.Metric.Name {
	case unsampled:
		s.addUnsampled(sample)
	case exampleOf:
		s.addExample(sample.Tags)
	case exceptionOf:
		s.exceptions.add(sample.Tags)
	case restedOf:
		s.begun--
	case metrics.IterationsName:
		s.iterations += int64(sample.Value)
	case metrics.DroppedIterationsName:
		s.dropped += int64(sample.Value)
	case metrics.DataSentName: // k6 sends it once for every iteration, also for one cut short
		s.begun++
	case metrics.DataReceivedName:
		s.bytes += int64(sample.Value)
	case metrics.IterationDurationName:
		took := milliseconds(sample.Value)
		whole := s.own.iterationOf(took)
		s.addIteration(whole, sample.Time.Add(whole-took))
	default:
		return s.addBuiltin(sample.Metric.Name)
	}
	return true
}

func (s *scenario) document(name string, vus gauge, h history) (doc scenarioDoc, err error) {
	doc = scenarioDoc{
		Requests: s.requests, Failed: s.failed, Iterations: s.iterations,
		DroppedIterations: s.dropped, Interrupted: max(s.begun-s.iterations, 0), BytesReceived: s.bytes,
		FirstStartUs: epochUs(s.firstStart), FirstSampleUs: epochUs(s.first),
		LastSampleUs: epochUs(s.last), FirstIterationUs: epochUs(s.began), LastIterationUs: epochUs(s.ended),
		RedirectsFollowed: s.redirects, Connections: s.connections, Status: s.status,
		Failures:   s.failures.documents(),
		Exceptions: s.exceptions.documents(), OtherProtocols: s.others,
		VirtualUsersMax: vus.highest(s.firstStart, s.last),
		Series:          s.series.document(), LateForSeries: s.series.late,
		Generator: h.between(s.firstStart, s.last, s.from, s.to),
	}
	if start, ok := arrivals.ScheduleStart(name); ok {
		doc.ScheduleStartUs = start.UnixMicro()
	}
	if doc.IterationDuration, err = s.iteration.document(); err != nil {
		return doc, err
	}
	doc.Splits, err = s.splitDocs()
	return doc, err
}

func (s *scenario) splitDocs() ([]splitDoc, error) {
	docs := make([]splitDoc, 0, len(s.splits))
	for _, sp := range s.splits {
		doc, err := sp.document()
		if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
	slices.SortFunc(docs, func(a, b splitDoc) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Class, b.Class),
			cmp.Compare(a.Failed, b.Failed), cmp.Compare(a.Requests, b.Requests))
	})
	return docs, nil
}

func (sp *split) document() (doc splitDoc, err error) {
	doc = splitDoc{Name: sp.name, Class: sp.class, Requests: sp.requests}
	if sp.failed {
		doc.Failed = sp.requests
	}
	if sp.class == noStatus {
		doc.TimedOut = new(int64)
	}
	if sp.timedOut {
		*doc.TimedOut = sp.requests
	}
	if doc.Duration, err = sp.duration.document(); err != nil {
		return doc, err
	}
	if doc.Total, err = sp.total.document(); err != nil || sp.planned == nil {
		return doc, err
	}
	late, err := sp.planned.late.document()
	if err != nil {
		return doc, err
	}
	total, err := sp.planned.total.document()
	doc.Late, doc.Planned = &late, &total
	return doc, err
}

// epochUs is 0 for a moment that never came.
func epochUs(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
