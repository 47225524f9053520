package histogram

import (
	"math"
	"time"

	"go.k6.io/k6/v2/metrics"
)

const (
	maxTrends   = 20  // custom Trend metrics kept
	maxCounters = 100 // and counters
	maxChecks   = 50  // and checks by name

	// acceptedID is the counter a script feeds with the id of each accepted request. One sample
	// carries all three figures of the account, and integers here do not round as k6's floats would.
	acceptedID = "accepted_id"
	mixFactor  = 48271
	mixModulus = 2147483647
)

// custom keeps the script's own metrics over all measured scenarios.
type custom struct {
	trends                 map[string]*trend
	counters               map[string]float64
	checks                 map[string]*checkDoc
	accepted, idSum, idMix int64
	overflow               int64
}

// checkDoc is how often what one check of a script asks for was so.
type checkDoc struct {
	Passed int64 `json:"passed"`
	Failed int64 `json:"failed"`
}

func newCustom() *custom {
	return &custom{
		trends: map[string]*trend{}, counters: map[string]float64{}, checks: map[string]*checkDoc{},
	}
}

func (c *custom) add(s metrics.Sample) {
	switch {
	case s.Metric.Name == acceptedID:
		c.accept(int64(s.Value))
	case s.Metric.Name == metrics.ChecksName:
		c.check(s)
	case s.Metric.Type == metrics.Counter:
		c.count(s.Metric.Name, s.Value)
	case s.Metric.Type == metrics.Trend:
		c.time(s.Metric.Name, s.Value)
	}
}

func (c *custom) count(name string, value float64) {
	_, known := c.counters[name]
	sum := c.counters[name] + value
	if (known || len(c.counters) < maxCounters) && !math.IsInf(sum, 0) {
		c.counters[name] = sum
	}
}

func (c *custom) check(s metrics.Sample) {
	name, _ := s.Tags.Get("check")
	name = cut(printable(name))
	if c.checks[name] == nil && len(c.checks) >= maxChecks {
		name = otherName
	}
	if c.checks[name] == nil {
		c.checks[name] = &checkDoc{}
	}
	if s.Value > 0 {
		c.checks[name].Passed++
	} else {
		c.checks[name].Failed++
	}
}

func (c *custom) accept(id int64) {
	c.accepted++
	c.idSum += id
	c.idMix += (id * mixFactor) % mixModulus
}

func (c *custom) time(name string, v float64) {
	if c.trends[name] == nil {
		if len(c.trends) >= maxTrends {
			c.overflow++
			return
		}
		c.trends[name] = newTrend()
	}
	c.trends[name].add(v)
}

// counterDocs gives whole numbers as integers, so that a reader never meets 1e+12.
func (c *custom) counterDocs() map[string]any {
	docs := map[string]any{
		"accepted": c.accepted, "accepted_id_sum": c.idSum, "accepted_id_mix": c.idMix,
	}
	for name, v := range c.counters {
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			docs[name] = int64(v)
		} else {
			docs[name] = v
		}
	}
	return docs
}

func (c *custom) trendDocs() (map[string]trendDoc, error) {
	docs := map[string]trendDoc{}
	for name, d := range c.trends {
		doc, err := d.document()
		if err != nil {
			return nil, err
		}
		docs[name] = doc
	}
	return docs, nil
}

// milliseconds turns k6's float milliseconds into a duration, exactly for whole nanoseconds. What a
// script's own metric was given may be anything.
func milliseconds(v float64) time.Duration {
	const most = 2 * highest / 1000 // recorded as the largest, and counted as clamped
	v = max(min(v, most), 0)
	return time.Duration(math.Round(v * float64(time.Millisecond)))
}
