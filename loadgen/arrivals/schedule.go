package arrivals

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"
)

// spacing says how far apart arrivals are.
type spacing string

const (
	even    spacing = "Even"    // all the same time apart
	poisson spacing = "Poisson" // exponential gaps
)

// curve is how many arrivals there are up to a moment: the rate rises over the ramp, then it stays.
// Times are nanoseconds, rates arrivals in one.
type curve struct {
	rate, ramp, duration float64
}

// total is the expected number of arrivals; a ramp counts half.
func (c curve) total() float64 { return c.rate * (c.duration + c.ramp/2) }

// count is the number of arrivals of both spacings: those that lie before the end where the first
// comes at once. A part of one, as of rounding, is none of its own.
func (c curve) count() int64 { return int64(math.Ceil(c.total() - 1e-6)) }

// moment is when so many arrivals have come.
func (c curve) moment(arrivals float64) time.Duration {
	if arrivals < c.rate*c.ramp/2 {
		return time.Duration(math.Sqrt(2 * arrivals * c.ramp / c.rate))
	}
	return time.Duration(c.ramp/2 + arrivals/c.rate)
}

// schedule gives the intended starts of a scenario one after the other, as time since its start.
type schedule struct {
	curve curve
	given int64 // so many so far
	count int64
	gaps  *gaps // nil for even arrivals
	scale float64
	sum   float64
}

// newSchedule plans the arrivals of all pods: every pod counts them all and makes those of its own.
//
// Poisson arrivals are those of a Poisson process of which the number is known: exponential gaps,
// scaled so that the count is the planned one. That is how n independent uniform moments lie (Rényi),
// and no trial has another load than the next by the luck of its draw.
func newSchedule(c curve, how spacing, seed int64, scenario string) *schedule {
	s := &schedule{curve: c, count: c.count()}
	if how == poisson {
		sum := 0.0
		for first, left := newGaps(seed, scenario), s.count+1; left > 0; left-- {
			sum += first.next()
		}
		s.gaps, s.scale = newGaps(seed, scenario), c.total()/sum
	}
	return s
}

// next is the intended start of the next arrival; false after the last one.
func (s *schedule) next() (time.Duration, bool) {
	if s.given == s.count {
		return 0, false
	}
	place := float64(s.given)
	s.given++
	if s.gaps != nil {
		s.sum += s.gaps.next()
		place = s.sum * s.scale
	}
	return s.curve.moment(place), true
}

// gaps are exponential with mean 1, the same sequence for the same seed and scenario in every
// release: PCG is specified, and the inverse of the distribution is one line.
type gaps struct {
	source *rand.PCG
}

func newGaps(seed int64, scenario string) *gaps {
	name := fnv.New64a()
	_, _ = name.Write([]byte(scenario))
	return &gaps{rand.NewPCG(uint64(seed), name.Sum64())}
}

func (g *gaps) next() float64 {
	uniform := float64(g.source.Uint64()>>11+1) / (1 << 53) // above 0, 1 at most
	return -math.Log(uniform)
}
