package arrivals

import (
	"context"
	"time"

	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/executor"
	"go.k6.io/k6/v2/metrics"
)

// Executor runs the iterations of one scenario in one pod.
type Executor struct {
	*executor.BaseExecutor
	config *Config
	state  *lib.ExecutionState
	plan   *schedule // drawn before the start: a million gaps take longer than those between them
}

var _ lib.Executor = &Executor{}

// Run sends what is planned, and waits for what is under way until the graceful stop.
//
// An error is the interruption that a script asked for; everything else that an iteration throws is
// logged, as k6 does.
func (e *Executor) Run(ctx context.Context, out chan<- metrics.SampleContainer) error {
	ctx, interrupt := context.WithCancelCause(ctx)
	defer interrupt(nil)
	scenario := &lib.ScenarioState{Name: e.config.Name, Executor: executorType}
	users := e.newUsers(lib.WithScenarioState(ctx, scenario), interrupt)
	users.dropped = func() { e.drop(ctx, out) }
	if err := users.begin(); err != nil {
		users.end()
		return err
	}
	start := time.Now()
	e.begin(scenario, start)
	stop := time.AfterFunc(e.config.span()+e.config.GetGracefulStop(), users.cut)
	defer stop.Stop()
	err := e.send(ctx, start, users)
	users.end()
	if cause := context.Cause(ctx); errext.IsInterruptError(cause) {
		return cause
	}
	return err
}

func (e *Executor) begin(scenario *lib.ScenarioState, start time.Time) {
	scenario.StartTime = start
	scenario.ProgressFn = func() (float64, []string) {
		return min(1, float64(time.Since(start))/float64(e.config.span())), nil
	}
	begun.Store(e.config.Name, start)
}

// send hands each arrival of this pod to a virtual user when it is due. Pods take turns at the
// arrivals of all, as the segments of k6's own executors do.
func (e *Executor) send(ctx context.Context, start time.Time, users *users) error {
	tuple, err := e.state.ExecutionTuple.GetNewExecutionTupleFromValue(e.config.VUs.Int64)
	if err != nil {
		return err
	}
	turn, turns, _ := tuple.GetStripedOffsets()
	clock, err := newAlarm(ctx)
	if err != nil {
		return err
	}
	defer clock.close()
	local := 0
	for number := int64(0); ; number++ {
		due, more := e.plan.next()
		if !more {
			// The load lasts as long as it was planned to: a pod that ends sooner takes itself for
			// one that was told to go, and the others wait for it in vain.
			_, err := clock.await(start.Add(e.config.span()))
			return err
		}
		if number != turn {
			continue
		}
		turn += turns[local%len(turns)]
		a := arrival{start.Add(due), uint64(local), uint64(number)}
		local++
		if goesOn, err := clock.await(a.intended); !goesOn {
			return err
		}
		users.take(a)
	}
}

// drop counts an arrival that was never sent: there were as many before it as virtual users may be.
// It is not made up for: nobody would have waited before the service for as long as a generator that
// is behind.
func (e *Executor) drop(ctx context.Context, out chan<- metrics.SampleContainer) {
	tags := e.state.Test.RunTags
	if e.state.Test.Options.SystemTags.Has(metrics.TagScenario) {
		tags = tags.With("scenario", e.config.Name)
	}
	metrics.PushIfNotDone(ctx, out, metrics.Sample{
		TimeSeries: metrics.TimeSeries{
			Metric: e.state.Test.BuiltinMetrics.DroppedIterations, Tags: tags,
		},
		Time:  time.Now(),
		Value: 1,
	})
}
