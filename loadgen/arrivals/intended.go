package arrivals

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.k6.io/k6/v2/js/modules"
	"go.k6.io/k6/v2/metrics"

	"loadlab.dev/loadgen/clock"
)

// metadata is the key under which the samples of an iteration know its intended start.
const metadata = "intended"

const lookAgain = time.Millisecond // whether a scenario has begun

// origin is what intended starts are counted from: differences on this process' steady clock.
var origin = time.Now()

// begun holds when each scenario's schedule began, by its name.
var begun sync.Map

func init() { modules.Register("k6/x/arrivals", module{}) }

// ScheduleStart is the moment that a scenario's intended starts are counted from; false for one of
// another executor, and before it began.
func ScheduleStart(scenario string) (time.Time, bool) {
	at, ok := begun.Load(scenario)
	if !ok {
		return time.Time{}, false
	}
	return at.(time.Time), true
}

// IntendedStart is the intended start that the metadata of a sample names.
func IntendedStart(of map[string]string) (time.Time, bool) {
	since, err := strconv.ParseInt(of[metadata], 10, 64)
	return origin.Add(time.Duration(since)), err == nil
}

// arrival is one planned iteration.
type arrival struct {
	intended      time.Time
	local, global uint64 // its number among those of this pod, and of all
}

// place is where a virtual user finds the arrival that it is at, and tells when it was at work last.
type place struct {
	now   arrival
	since atomic.Int64
}

func (p *place) numbers() (local, global uint64) { return p.now.local, p.now.global }

type placeKey struct{}

func withPlace(ctx context.Context, p *place) context.Context {
	return context.WithValue(ctx, placeKey{}, p)
}

type module struct{}

func (module) NewModuleInstance(vu modules.VU) modules.Instance { return instance{vu} }

// instance is what one virtual user sees of the module:
//
//	import { mark } from 'k6/x/arrivals';
//	mark(); // from here on, samples of this iteration know when it was to start
//	began('measure', 5000); // when its schedule began, by steadyMs() of k6/x/clock; 0 if not within 5 s
type instance struct {
	vu modules.VU
}

func (i instance) Exports() modules.Exports {
	return modules.Exports{Named: map[string]any{"mark": i.mark, "began": i.began}}
}

func (i instance) mark() {
	at, ok := i.vu.Context().Value(placeKey{}).(*place)
	if !ok {
		return // of another executor: nothing was intended
	}
	since := strconv.FormatInt(int64(at.now.intended.Sub(origin)), 10)
	i.vu.State().Tags.Modify(func(tags *metrics.TagsAndMeta) { tags.SetMetadata(metadata, since) })
}

// began waits until a scenario has begun: it does a while after its time, once its users are there.
func (i instance) began(scenario string, withinMs int64) float64 {
	ctx, stop := context.WithTimeout(i.vu.Context(), time.Duration(withinMs)*time.Millisecond)
	defer stop()
	for {
		if at, ok := ScheduleStart(scenario); ok {
			return clock.SteadyMs(at)
		}
		select {
		case <-time.After(lookAgain):
		case <-ctx.Done():
			return 0
		}
	}
}
