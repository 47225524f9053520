package arrivals

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/lib"
)

// fewestFree is how many virtual users are free at least, while there may be more: an arrival that
// finds none waits for one to be made, some milliseconds.
const fewestFree = 10

// waitingRoom is how many arrivals may wait while virtual users are still being made, as a multiple
// of the most that there may be: whoever makes them slowly has not yet all that it may have.
const waitingRoom = 10

// makersShare is the part of all CPUs that makes virtual users while requests are sent, also while
// arrivals wait. A database that shares two CPUs with k6 waited for one that made users with all of
// it; so answers came late, which asked for more users, until all that there may be were made.
const makersShare = 1.0 / 8

// spare counts the virtual users that were made in mid-run and given back: whoever makes more takes
// those first. k6 itself makes new ones as long as it may.
var spare atomic.Int64

// worked holds when each virtual user was last at work, by its id: who has a connection that the
// warm-up made goes on with it in the measurement.
var worked sync.Map

// users are the virtual users of a scenario. Those without work take turns at the next arrival.
//
// How many a rate needs is known once answers are slow. All that a stall of seconds may need would
// take a gigabyte at 1,000/s, whose upkeep (garbage collection) delays every request. So some are
// there from the start, and more are made ahead of their need; an arrival that finds none waits for
// one, and its latency counts from when it was due.
type users struct {
	executor  *Executor
	ctx       context.Context // of iterations; ends with the graceful stop
	cut       context.CancelFunc
	interrupt context.CancelCauseFunc
	dropped   func()
	most      int64         // virtual users that there may be
	claimed   atomic.Int64  // that there are, or that are being made
	there     atomic.Int64  // that there are
	inside    atomic.Int64  // arrivals that were taken and have not ended
	turns     *turns        // with room for all that are taken before somebody is free
	short     chan struct{} // tells makers that few are free
	over      atomic.Bool   // no more arrivals come
	growing   sync.WaitGroup
	working   sync.WaitGroup
	returned  sync.WaitGroup
}

func (e *Executor) newUsers(ctx context.Context, interrupt context.CancelCauseFunc) *users {
	tuple := e.state.ExecutionTuple
	u := &users{
		executor: e, interrupt: interrupt, most: e.config.users(tuple),
		turns: newTurns(e.config.inTurn(tuple)), short: make(chan struct{}, makers()),
	}
	u.ctx, u.cut = context.WithCancel(ctx)
	return u
}

// makers is how many virtual users are made at a time.
func makers() int { return max(1, runtime.GOMAXPROCS(0)/4) }

// pause is how long a maker rests after a virtual user that took it so long.
func pause(took time.Duration) time.Duration {
	each := makersShare * float64(runtime.GOMAXPROCS(0)) / float64(makers())
	return time.Duration(float64(took) * (1/each - 1))
}

// begin takes the virtual users of the start, with those that a scenario before made, and returns
// when all of them wait for work. Whoever was at work last has its turn first.
func (u *users) begin() error {
	ready := u.executor.config.ready(u.executor.state.ExecutionTuple)
	u.claimed.Store(ready)
	for u.claimed.Load() < u.most && takeSpare() {
		u.claimed.Add(1)
	}
	found, err := u.waiting(u.claimed.Load())
	for i, vu := range found {
		u.activate(vu, int64(i) >= ready)
	}
	if err != nil {
		return err
	}
	if u.there.Load() < u.most {
		for range makers() {
			u.growing.Go(u.grow)
		}
	}
	return nil
}

// waiting are so many of those that there are, the one that was at work last at the end.
func (u *users) waiting(number int64) ([]lib.InitializedVU, error) {
	found := make([]lib.InitializedVU, 0, number)
	for range number {
		vu, err := u.planned()
		if err != nil {
			return found, err
		}
		found = append(found, vu)
	}
	slices.SortStableFunc(found, func(a, b lib.InitializedVU) int {
		return cmp.Compare(lastWork(a), lastWork(b))
	})
	return found, nil
}

func lastWork(vu lib.InitializedVU) int64 {
	at, _ := worked.Load(vu.GetID())
	since, _ := at.(int64)
	return since
}

func (u *users) planned() (lib.InitializedVU, error) {
	return u.executor.state.GetPlannedVU(u.executor.GetLogger(), false)
}

func takeSpare() bool {
	if spare.Add(-1) >= 0 {
		return true
	}
	spare.Add(1)
	return false
}

// grow makes virtual users while few are free; those for whom arrivals wait also after the last one,
// or what a stall at the end keeps waiting would be sent by few. Each maker does.
func (u *users) grow() {
	for range u.short {
		for u.wantsMore() && u.claim() {
			began := time.Now()
			vu, err := u.more()
			if err != nil {
				u.claimed.Add(-1)
				u.executor.GetLogger().WithError(err).Error("no more virtual users")
				return
			}
			u.activate(vu, true)
			time.Sleep(pause(time.Since(began)))
		}
	}
}

// claim tells that one more may be made, with those that others are making.
func (u *users) claim() bool {
	if u.claimed.Add(1) <= u.most {
		return true
	}
	u.claimed.Add(-1)
	return false
}

func (u *users) wantsMore() bool {
	isWaitedFor := u.inside.Load() > u.there.Load()
	return u.isShort() && (isWaitedFor || !u.over.Load()) && u.ctx.Err() == nil
}

func (u *users) more() (lib.InitializedVU, error) {
	if takeSpare() {
		return u.planned()
	}
	return u.executor.state.GetUnplannedVU(u.ctx, u.executor.GetLogger())
}

// isShort tells that fewer than a fifth of the virtual users are free, and that there may be more.
func (u *users) isShort() bool {
	there := u.there.Load()
	return there < u.most && there-u.inside.Load() < max(there/5, fewestFree)
}

// activate sets a virtual user to work, and returns when it waits for the first arrival.
func (u *users) activate(vu lib.InitializedVU, grown bool) {
	state, config := u.executor.state, u.executor.config
	at := &place{}
	u.returned.Add(1)
	active := vu.Activate(&lib.VUActivationParams{
		RunContext: withPlace(u.ctx, at), Scenario: config.Name, Exec: config.GetExec(),
		Env: config.GetEnv(), Tags: config.GetTags(), GetNextIterationCounters: at.numbers,
		DeactivateCallback: func(back lib.InitializedVU) {
			if since := at.since.Load(); since > 0 {
				worked.Store(back.GetID(), since)
			}
			state.ReturnVU(back, false)
			if grown {
				spare.Add(1)
			}
			u.returned.Done()
		},
	})
	next := make(chan arrival, 1)
	u.there.Add(1)
	u.turns.rest(next)
	u.working.Go(func() {
		for a := range next {
			at.now = a
			u.work(active)
			at.since.Store(int64(time.Since(origin)))
			u.turns.rest(next)
		}
	})
}

// take gives an arrival to the virtual user whose turn it is, or to the first that is free.
func (u *users) take(a arrival) {
	if u.inside.Load() >= u.room() {
		u.dropped()
		return
	}
	u.inside.Add(1)
	u.turns.offer(a)
	if u.isShort() {
		select {
		case u.short <- struct{}{}:
		default: // it is told already
		}
	}
}

// room is how many arrivals there may be that have not ended. That users are still being made is the
// generator's own doing: an arrival that is dropped then would be held against the service.
func (u *users) room() int64 {
	if u.there.Load() < u.most {
		return waitingRoom * u.most
	}
	return u.most
}

func (u *users) work(active lib.ActiveVU) {
	defer u.inside.Add(-1)
	if u.ctx.Err() != nil { // it waited until the graceful stop
		u.dropped()
		return
	}
	state := u.executor.state
	state.ModCurrentlyActiveVUsCount(+1)
	u.iterate(active)
	state.ModCurrentlyActiveVUsCount(-1)
}

func (u *users) iterate(active lib.ActiveVU) {
	err := active.RunOnce()
	if u.ctx.Err() != nil || errext.IsInterruptError(err) {
		u.executor.state.AddInterruptedIterations(1)
		if errext.IsInterruptError(err) {
			u.interrupt(err)
		}
		return
	}
	if err != nil {
		text, fields := errext.Format(err)
		u.executor.GetLogger().WithFields(fields).Error(text)
	}
	u.executor.state.AddFullIterations(1)
}

// end waits for the iterations under way, and gives all virtual users back.
func (u *users) end() {
	u.over.Store(true)
	close(u.short)
	u.growing.Wait()
	u.turns.end()
	u.working.Wait()
	u.cut()
	u.returned.Wait()
}
