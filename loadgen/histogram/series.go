package histogram

import (
	"math"
	"slices"
	"time"
)

// openFor is how many seconds a second stays open for samples that arrive late.
const openFor = 5

// series keeps one line per second; a histogram exists only for the few seconds still open.
type series struct {
	open   map[int64]*second
	spare  []*distribution
	closed []secondDoc
	until  int64 // the latest second already closed
	late   int64
	due    map[int64]int64 // planned requests without an answer as a second began
}

type second struct {
	n, failed int64
	latency   *distribution
}

// secondDoc is one second: requests that ended in it, how many failed, and the latency in µs of
// those answered 2xx (a refused connection takes no time and would flatter the percentiles).
type secondDoc struct {
	T   int64 `json:"t"`
	N   int64 `json:"n"`
	Err int64 `json:"err"`
	P50 int64 `json:"p50"`
	P95 int64 `json:"p95"`
	P99 int64 `json:"p99"`
	Due int64 `json:"due,omitempty"` // planned before it began, and ended after: an open model's backlog
}

func newSeries() *series {
	return &series{
		open: map[int64]*second{}, closed: []secondDoc{}, until: math.MinInt64, due: map[int64]int64{},
	}
}

func (s *series) record(end time.Time, latency time.Duration, answered, failed bool) {
	sec := s.at(end.Unix())
	if sec == nil {
		s.late++ // still in the scenario's totals, only not in the series
		return
	}
	sec.n++
	if failed {
		sec.failed++
	}
	if answered {
		sec.latency.record(latency)
	}
}

// wait counts a planned request in each second that began while it had no answer.
func (s *series) wait(intended, end time.Time) {
	for t := intended.Unix() + 1; t <= end.Unix(); t++ {
		s.due[t]++
	}
}

func (s *series) at(t int64) *second {
	if sec := s.open[t]; sec != nil {
		return sec
	}
	if t <= s.until {
		return nil
	}
	sec := &second{latency: s.blank()}
	s.open[t] = sec
	return sec
}

func (s *series) blank() *distribution {
	if n := len(s.spare); n > 0 {
		d := s.spare[n-1]
		s.spare = s.spare[:n-1]
		d.reset()
		return d
	}
	return newDistribution()
}

// close turns every open second up to t into a line.
func (s *series) close(t int64) {
	due := make([]int64, 0, len(s.open))
	for at := range s.open {
		if at <= t {
			due = append(due, at)
		}
	}
	slices.Sort(due)
	for _, at := range due {
		s.closed = append(s.closed, line(at, s.open[at]))
		s.spare = append(s.spare, s.open[at].latency)
		delete(s.open, at)
		s.until = max(s.until, at)
	}
}

// document is every second seen so far, the open ones included: a checkpoint must not close them.
func (s *series) document() []secondDoc {
	lines := slices.Clone(s.closed)
	for at, sec := range s.open {
		lines = append(lines, line(at, sec))
	}
	for i := range lines {
		lines[i].Due = s.due[lines[i].T]
	}
	slices.SortFunc(lines, func(a, b secondDoc) int { return int(a.T - b.T) })
	return lines
}

// p95 is that of a second still open; 0 where no answer came in it.
func (s *series) p95(t int64) int64 {
	sec := s.open[t]
	if sec == nil {
		return 0
	}
	_, p95, _ := sec.latency.percentiles()
	return p95
}

func line(t int64, s *second) secondDoc {
	doc := secondDoc{T: t, N: s.n, Err: s.failed}
	doc.P50, doc.P95, doc.P99 = s.latency.percentiles()
	return doc
}
