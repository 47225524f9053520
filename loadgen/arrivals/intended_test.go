package arrivals

import (
	"context"
	"math"
	"testing"
	"time"

	"go.k6.io/k6/v2/js/modules"

	"loadlab.dev/loadgen/clock"
)

// onlooker is a virtual user of another scenario.
type onlooker struct {
	modules.VU
	ctx context.Context
}

func (o onlooker) Context() context.Context { return o.ctx }

// Twenty users are called together for half a second: by its planned time alone the window of whoever
// looks at both edges would end before the last arrivals.
func TestAScheduleBeginsOnceItsUsersAreThere(t *testing.T) {
	begun.Delete("measure")
	asked := time.Now()
	told := make(chan float64)
	go func() { told <- instance{onlooker{ctx: t.Context()}}.began("measure", 5000) }()
	called := load{ready: 20, most: 20, calling: 25 * time.Millisecond, answers: time.Millisecond}
	called.run(t)

	began := <-told
	start, _ := ScheduleStart("measure")
	if at := clock.SteadyMs(start); math.Abs(at-began) > 1 {
		t.Errorf("began %f, and its schedule %f", began, at)
	}
	if late := start.Sub(asked); late < 500*time.Millisecond || late > 900*time.Millisecond {
		t.Errorf("it began %s after its time", late)
	}
}

func TestAScenarioThatNeverBeginsIsNotWaitedForForEver(t *testing.T) {
	if at := (instance{onlooker{ctx: t.Context()}}).began("nothing", 20); at != 0 {
		t.Errorf("it began at %v", at)
	}
}
