package arrivals

import (
	"context"
	"io"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"gopkg.in/guregu/null.v3"

	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/executor"
	"go.k6.io/k6/v2/lib/types"
	"go.k6.io/k6/v2/metrics"
)

// load is one of 100 arrivals in a second, at a service that takes the same time for each.
type load struct {
	ready, most     int64
	making, answers time.Duration
	grace, calling  time.Duration
	ended           atomic.Int64
	made, active    atomic.Int64 // virtual users in mid-run, and those that were set to work
}

func (l *load) GetID() uint64 { return 1 }

func (l *load) Activate(with *lib.VUActivationParams) lib.ActiveVU {
	l.active.Add(1)
	time.Sleep(l.calling)
	context.AfterFunc(with.RunContext, func() { with.DeactivateCallback(l) })
	return active{l, with.RunContext}
}

type active struct {
	of  *load
	ctx context.Context
}

func (a active) RunOnce() error {
	select {
	case <-time.After(a.of.answers):
		a.of.ended.Add(1)
	case <-a.ctx.Done():
	}
	return nil
}

// run gives how many iterations ended, were cut off, and were dropped.
func (l *load) run(t *testing.T) (ended, cut, dropped int) {
	t.Helper()
	spare.Store(0)
	registry := metrics.NewRegistry()
	test := &lib.TestRunState{
		TestPreInitState: &lib.TestPreInitState{
			Registry: registry, BuiltinMetrics: metrics.RegisterBuiltinMetrics(registry),
		},
		RunTags: registry.RootTagSet(),
	}
	test.Options.SystemTags = &metrics.DefaultSystemTagSet
	tuple, err := lib.NewExecutionTuple(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	state := lib.NewExecutionState(test, tuple, uint64(l.ready), uint64(l.most))
	for range l.ready {
		state.AddInitializedVU(l)
	}
	state.SetInitVUFunc(func(context.Context, *logrus.Entry) (lib.InitializedVU, error) {
		time.Sleep(l.making)
		l.made.Add(1)
		return l, nil
	})
	out := make(chan metrics.SampleContainer, 1000)
	if err := l.executor(t, state).Run(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	return int(l.ended.Load()), int(state.GetPartialIterationCount()), len(out)
}

func (l *load) executor(t *testing.T, state *lib.ExecutionState) lib.Executor {
	t.Helper()
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	config := &Config{
		BaseConfig: executor.NewBaseConfig("measure", executorType),
		Rate:       null.IntFrom(100), TimeUnit: types.NullDurationFrom(time.Second),
		Duration: types.NullDurationFrom(time.Second), Arrivals: even,
		VUs: null.IntFrom(l.most), Ready: null.IntFrom(l.ready),
	}
	config.GracefulStop = types.NullDurationFrom(l.grace)
	made, err := config.NewExecutor(state, logger.WithField("test", t.Name()))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// 30 users carry the load, and 40 may be: that they are made slowly is no doing of the service.
func TestNothingIsDroppedWhileUsersAreStillBeingMade(t *testing.T) {
	slowly := load{ready: 10, most: 40, making: 50 * time.Millisecond,
		answers: 300 * time.Millisecond, grace: 10 * time.Second}
	if ended, cut, dropped := slowly.run(t); ended != 100 || cut != 0 || dropped != 0 {
		t.Errorf("%d of 100 ended, %d were cut off, %d dropped", ended, cut, dropped)
	}
}

func TestWhatIsBeyondAllUsersIsDropped(t *testing.T) {
	all := load{ready: 40, most: 40, answers: time.Minute, grace: 100 * time.Millisecond}
	if ended, cut, dropped := all.run(t); ended != 0 || cut != 40 || dropped != 60 {
		t.Errorf("%d ended, %d of 40 were cut off, %d of 60 dropped", ended, cut, dropped)
	}
}

// A stall at the end of a load finds as many users as one in its middle.
func TestUsersAreMadeForWhoeverWaitsAsTheArrivalsEnd(t *testing.T) {
	stalls := load{ready: 10, most: 240, making: 3 * time.Millisecond,
		answers: time.Minute, grace: 3 * time.Second}
	if ended, cut, dropped := stalls.run(t); ended != 0 || cut != 100 || dropped != 0 {
		t.Errorf("%d ended, %d of 100 were sent and cut off, %d dropped", ended, cut, dropped)
	}
}

// madeWith is how many users so many CPUs make in a second and a half for arrivals that wait.
func madeWith(t *testing.T, cpus int) int64 {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cpus))
	stalls := load{ready: 10, most: 240, making: 10 * time.Millisecond,
		answers: time.Minute, grace: 500 * time.Millisecond}
	stalls.run(t)
	return stalls.made.Load()
}

// A quarter of one of two CPUs is some 37 in a second and a half; whole, it would be 150.
func TestAnEighthOfTheCPUsMakesUsersAlsoWhileArrivalsWait(t *testing.T) {
	two, eight := madeWith(t, 2), madeWith(t, 8)
	if two < 15 || two > 40 || float64(eight) < 2.5*float64(two) {
		t.Errorf("with 2 CPUs it made %d, and with 8 %d", two, eight)
	}
}

func TestManyMakersMakeNoUserTwiceAndNoneBeyondTheMost(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(16))
	stalls := load{ready: 10, most: 53, making: 7 * time.Millisecond,
		answers: time.Minute, grace: 500 * time.Millisecond}
	ended, cut, dropped := stalls.run(t)
	if made, active := stalls.made.Load(), stalls.active.Load(); made != 43 || active != 53 {
		t.Errorf("%d made and %d at work, not 43 and 53", made, active)
	}
	if ended != 0 || cut != 53 || cut+dropped != 100 {
		t.Errorf("%d ended, %d of 53 were cut off, %d of 47 dropped", ended, cut, dropped)
	}
}
