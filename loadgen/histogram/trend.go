package histogram

import "math"

// trend is what a script's own Trend was given: mostly milliseconds, but it may be bytes, seconds or a
// difference. A histogram holds no value that is smaller or larger than its bounds.
type trend struct {
	*distribution
	below         int64 // recorded as the smallest; those above are clamped
	min, max, sum float64
	endless       bool
}

type trendDoc struct {
	distributionDoc
	Below int64     `json:"below,omitempty"`
	Exact *exactDoc `json:"exact,omitempty"`
}

// exactDoc is of all values as they were given, a thousandth of the document's unit for times.
type exactDoc struct {
	Min float64 `json:"min"`
	Max float64 `json:"max"`
	Sum float64 `json:"sum"`
}

func newTrend() *trend {
	return &trend{distribution: newDistribution(), min: math.Inf(1), max: math.Inf(-1)}
}

func (t *trend) add(v float64) {
	t.record(milliseconds(v))
	if v*1000 < lowest {
		t.below++
	}
	t.endless = t.endless || math.IsInf(v, 0) || math.IsNaN(v)
	t.min, t.max, t.sum = min(t.min, v), max(t.max, v), t.sum+v
}

func (t *trend) document() (trendDoc, error) {
	doc, err := t.distribution.document()
	if t.endless || math.IsInf(t.sum, 0) { // which JSON cannot say
		return trendDoc{doc, t.below, nil}, err
	}
	return trendDoc{doc, t.below, &exactDoc{t.min, t.max, t.sum}}, err
}
