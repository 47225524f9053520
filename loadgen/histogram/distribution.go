package histogram

import (
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// The bounds are part of the document's contract: only histograms of equal bounds merge exactly.
const (
	lowest  = 1           // µs
	highest = 120_000_000 // µs; larger values are recorded as this and counted as clamped
	digits  = 3           // significant digits: a value comes back within 0.1 %
)

// distribution is one HDR histogram of times in whole microseconds.
type distribution struct {
	h       *hdr.Histogram
	clamped int64
}

// distributionDoc is how a distribution looks in the document.
type distributionDoc struct {
	Count   int64   `json:"count"`
	Min     int64   `json:"min"`
	Max     int64   `json:"max"`
	Mean    float64 `json:"mean"`
	Clamped int64   `json:"clamped,omitempty"`
	HDR     string  `json:"hdr"` // V2 compressed, base64
}

func newDistribution() *distribution {
	return &distribution{h: hdr.New(lowest, highest, digits)}
}

func (d *distribution) record(t time.Duration) {
	us := t.Round(time.Microsecond).Microseconds()
	if us > highest {
		d.clamped++
	}
	_ = d.h.RecordValue(min(max(us, lowest), highest)) // in range by construction
}

// percentiles of nothing are zero, like the counts beside them.
func (d *distribution) percentiles() (p50, p95, p99 int64) {
	if d.h.TotalCount() == 0 {
		return 0, 0, 0
	}
	q := d.h.ValueAtPercentilesSlice([]float64{50, 95, 99})
	return q[0], q[1], q[2]
}

func (d *distribution) reset() {
	d.h.Reset()
	d.clamped = 0
}

func (d *distribution) document() (distributionDoc, error) {
	text, err := d.h.Encode(hdr.V2CompressedEncodingCookieBase) // already base64
	if err != nil {
		return distributionDoc{}, err
	}
	doc := distributionDoc{Count: d.h.TotalCount(), Clamped: d.clamped, HDR: string(text)}
	if doc.Count > 0 {
		doc.Min, doc.Max, doc.Mean = d.h.Min(), d.h.Max(), d.h.Mean()
	}
	return doc, nil
}
