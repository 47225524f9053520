package arrivals

import (
	"math"
	"slices"
	"testing"
	"time"
)

const second = float64(time.Second)

func starts(c curve, how spacing, seed int64) []float64 {
	var found []float64
	for s := newSchedule(c, how, seed, "measure"); ; {
		due, more := s.next()
		if !more {
			return found
		}
		found = append(found, due.Seconds())
	}
}

func TestEvenArrivalsAreOnePeriodApart(t *testing.T) {
	found := starts(curve{rate: 300 / second, duration: 2 * second}, even, 0)
	if len(found) != 600 {
		t.Fatalf("%d arrivals, not 600", len(found))
	}
	for i, at := range found {
		if math.Abs(at-float64(i)/300) > 2e-9 {
			t.Fatalf("arrival %d at %v", i, at)
		}
	}
}

func TestARampHasHalfOfItsArrivals(t *testing.T) {
	for _, how := range []spacing{even, poisson} {
		found := starts(curve{rate: 400 / second, ramp: 2 * second, duration: 3 * second}, how, 1)
		ramped, _ := slices.BinarySearch(found, 2)
		if len(found) != 1600 || math.Abs(float64(ramped)-400) > 60 {
			t.Errorf("%s: %d arrivals, %d of them in the ramp", how, len(found), ramped)
		}
		half, _ := slices.BinarySearch(found, 1)
		if math.Abs(float64(half)-100) > 30 {
			t.Errorf("%s: %d arrivals in the first half of the ramp, not 100", how, half)
		}
	}
}

// Kolmogorov and Smirnov's distance of the gaps from an exponential distribution: below 1.63 over
// the root of their number in 99 of 100 samples of one.
func TestPoissonGapsAreExponential(t *testing.T) {
	found := starts(curve{rate: 500 / second, duration: 20 * second}, poisson, 7)
	if len(found) != 10_000 || !slices.IsSorted(found) || found[len(found)-1] >= 20 {
		t.Fatalf("%d arrivals up to %v s", len(found), found[len(found)-1])
	}
	gaps := make([]float64, 0, len(found))
	for i := 1; i < len(found); i++ {
		gaps = append(gaps, found[i]-found[i-1])
	}
	slices.Sort(gaps)
	worst := 0.0
	for i, gap := range gaps {
		expected := 1 - math.Exp(-500*gap)
		worst = max(worst, expected-float64(i)/float64(len(gaps)), float64(i+1)/float64(len(gaps))-expected)
	}
	if bound := 1.63 / math.Sqrt(float64(len(gaps))); worst > bound {
		t.Errorf("distance %.4f, bound %.4f", worst, bound)
	}
}

func TestPoissonArrivalsAreIndependentOverTime(t *testing.T) {
	counts := make([]float64, 1000)
	for _, at := range starts(curve{rate: 500 / second, duration: 20 * second}, poisson, 3) {
		counts[int(at*50)]++
	}
	spread := 0.0
	for _, n := range counts {
		spread += (n - 10) * (n - 10)
	}
	// The variance of the counts over their mean: 1 for Poisson, ± 0.13 in 997 of 1000.
	if dispersion := spread / 999 / 10; math.Abs(dispersion-1) > 0.13 {
		t.Errorf("dispersion %.3f", dispersion)
	}
}

// Pollaczek and Khinchine: before a server that takes the same time for each, and is busy for 70 % of
// it, a customer waits 0.7 / (2 x 0.3) of that time.
func TestPoissonArrivalsWaitAsBeforeAnMD1Server(t *testing.T) {
	const rate, serves, seeds = 175.0, 0.7 / 175, 40
	waited, arrived := 0.0, 0
	for seed := int64(1); seed <= seeds; seed++ {
		free := 0.0
		for _, at := range starts(curve{rate: rate / second, duration: 20 * second}, poisson, seed) {
			free = max(free, at)
			waited += free - at
			free += serves
			arrived++
		}
	}
	mean, expected := waited/float64(arrived), 0.7/(2*0.3)*serves
	if math.Abs(mean/expected-1) > 0.03 {
		t.Errorf("%.3f ms, not %.3f", 1000*mean, 1000*expected)
	}
}

func TestTheSameSeedGivesTheSameArrivals(t *testing.T) {
	c := curve{rate: 100 / second, duration: second}
	first := starts(c, poisson, 5)
	if !slices.Equal(first, starts(c, poisson, 5)) || slices.Equal(first, starts(c, poisson, 6)) {
		t.Error("arrivals follow from the seed and nothing else")
	}
	// Of every release: a baseline is compared with what was measured before.
	if got := int64(first[0] * 1e9); got != 2_342_543 {
		t.Errorf("the first comes at %d ns", got)
	}
}

func TestAWarmUpHasArrivalsOfItsOwn(t *testing.T) {
	c := curve{rate: 100 / second, duration: second}
	a, _ := newSchedule(c, poisson, 5, "warmup").next()
	if b, _ := newSchedule(c, poisson, 5, "measure").next(); a == b {
		t.Error("one stream for both")
	}
}
