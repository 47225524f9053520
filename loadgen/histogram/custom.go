package histogram

import (
	"math"
	"strings"
	"time"

	"go.k6.io/k6/v2/metrics"
)

const (
	maxTrends = 20 // custom Trend metrics kept

	// acceptedID is the counter a script feeds with the id of each accepted request. One sample
	// carries all three figures of the account, and integers here do not round as k6's floats would.
	acceptedID = "accepted_id"
	mixFactor  = 48271
	mixModulus = 2147483647
)

// custom keeps the script's own metrics over all measured scenarios.
type custom struct {
	trends                 map[string]*distribution
	counters               map[string]float64
	accepted, idSum, idMix int64
	overflow               int64
}

func newCustom() *custom {
	return &custom{trends: map[string]*distribution{}, counters: map[string]float64{}}
}

func (c *custom) add(s metrics.Sample) {
	switch {
	case s.Metric.Name == acceptedID:
		c.accept(int64(s.Value))
	case s.Metric.Type == metrics.Counter:
		c.counters[s.Metric.Name] += s.Value
	case s.Metric.Type == metrics.Trend && s.Metric.Contains == metrics.Time:
		c.time(s.Metric.Name, milliseconds(s.Value))
	}
}

func (c *custom) accept(id int64) {
	c.accepted++
	c.idSum += id
	c.idMix += (id * mixFactor) % mixModulus
}

func (c *custom) time(name string, t time.Duration) {
	if c.trends[name] == nil {
		if len(c.trends) >= maxTrends {
			c.overflow++
			return
		}
		c.trends[name] = newDistribution()
	}
	c.trends[name].record(t)
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

func (c *custom) trendDocs() (map[string]distributionDoc, error) {
	docs := map[string]distributionDoc{}
	for name, d := range c.trends {
		doc, err := d.document()
		if err != nil {
			return nil, err
		}
		docs[name] = doc
	}
	return docs, nil
}

// builtin tells k6's own metrics from the script's.
func builtin(name string) bool {
	switch name {
	case metrics.ChecksName, metrics.VUsMaxName, metrics.GroupDurationName:
		return true
	}
	for _, protocol := range []string{"http_req", "ws_", "grpc_", "browser_"} {
		if strings.HasPrefix(name, protocol) {
			return true
		}
	}
	return false
}

// milliseconds turns k6's float milliseconds into a duration, exactly for whole nanoseconds.
func milliseconds(v float64) time.Duration {
	return time.Duration(math.Round(v * float64(time.Millisecond)))
}
