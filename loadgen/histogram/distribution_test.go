package histogram

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

const tolerance = 0.001 // what three digits promise

func decode(t *testing.T, text string) *hdr.Histogram {
	t.Helper()
	h, err := hdr.Decode([]byte(text))
	if err != nil {
		t.Fatalf("decode: %v", err)
	}
	return h
}

func assertComesBack(t *testing.T, us int64) {
	t.Helper()
	d := newDistribution()
	d.record(time.Duration(us) * time.Microsecond)
	doc, err := d.document()
	if err != nil {
		t.Fatal(err)
	}
	got := decode(t, doc.HDR).ValueAtPercentile(50)
	if diff := math.Abs(float64(got - us)); diff > tolerance*float64(us) {
		t.Errorf("%d µs came back as %d", us, got)
	}
}

func FuzzRecordedValuesComeBackWithinOneThousandth(f *testing.F) {
	for _, us := range []int64{1, 2, 999, 1000, 2047, 2048, 65_537, 1_000_000, highest} {
		f.Add(us)
	}
	random := rand.New(rand.NewPCG(42, 42))
	for range 300 { // log-uniform, so that every magnitude is met by a plain `go test` too
		f.Add(int64(math.Exp(random.Float64() * math.Log(highest))))
	}
	f.Fuzz(func(t *testing.T, us int64) {
		if us < lowest || us > highest {
			t.Skip("out of the histogram's range")
		}
		assertComesBack(t, us)
	})
}

func TestPercentilesOfManyValuesAreWithinOneThousandth(t *testing.T) {
	d := newDistribution()
	for us := range 100_000 {
		d.record(time.Duration(us+1) * time.Microsecond)
	}
	p50, p95, p99 := d.percentiles()
	for want, got := range map[float64]int64{50_000: p50, 95_000: p95, 99_000: p99} {
		if math.Abs(float64(got)-want) > tolerance*want {
			t.Errorf("want %.0f, got %d", want, got)
		}
	}
}

func TestAddingTwoDocumentsEqualsPoolingTheSamples(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pods, pooled := [2]*distribution{newDistribution(), newDistribution()}, newDistribution()
	for i := range 20_000 {
		v := time.Duration(random.ExpFloat64() * float64(5*time.Millisecond))
		pods[i%2].record(v)
		pooled.record(v)
	}
	merged := hdr.New(lowest, highest, digits)
	for _, p := range pods {
		doc, err := p.document()
		if err != nil {
			t.Fatal(err)
		}
		merged.Merge(decode(t, doc.HDR))
	}
	if !merged.Equals(pooled.h) {
		t.Error("merged histogram differs from the pooled one")
	}
}

func TestValuesOutOfRangeAreKeptAtTheEdgeAndCounted(t *testing.T) {
	d := newDistribution()
	d.record(0)
	d.record(10 * time.Minute)
	doc, err := d.document()
	if err != nil {
		t.Fatal(err)
	}
	if doc.Count != 2 || doc.Clamped != 1 || doc.Min != lowest {
		t.Errorf("count %d, clamped %d, min %d", doc.Count, doc.Clamped, doc.Min)
	}
}

func TestAnEmptyDistributionIsAllZeros(t *testing.T) {
	doc, err := newDistribution().document()
	if err != nil {
		t.Fatal(err)
	}
	if doc.Count != 0 || doc.Min != 0 || doc.Max != 0 || doc.Mean != 0 {
		t.Errorf("not zero: %+v", doc)
	}
}
