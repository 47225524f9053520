package arrivals

import (
	"context"
	"testing"
	"time"

	"go.k6.io/k6/v2/js/modules"
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

	began := time.UnixMicro(int64(1000 * <-told))
	if start, _ := ScheduleStart("measure"); start.Sub(began).Abs() > time.Millisecond {
		t.Errorf("began %s, and its schedule %s", began, start)
	}
	if late := began.Sub(asked); late < 500*time.Millisecond || late > 900*time.Millisecond {
		t.Errorf("it began %s after its time", late)
	}
}

func TestAScenarioThatNeverBeginsIsNotWaitedForForEver(t *testing.T) {
	if at := (instance{onlooker{ctx: t.Context()}}).began("nothing", 20); at != 0 {
		t.Errorf("it began at %v", at)
	}
}
