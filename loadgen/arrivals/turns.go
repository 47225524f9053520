package arrivals

import "sync"

// turns hands arrivals to virtual users: of those without work so many take turns that worked last,
// and the others wait until all of these are at it.
//
// Each user keeps a connection, and services close one that was idle for a few seconds (uvicorn after
// 5, gunicorn after 2). Were all to take turns, as k6's own do, 100 users of 10 arrivals a second
// would find theirs closed each time: every request would make a new one, and one that is sent as the
// service closes fails. If always the one that worked last had the next turn, one worker of the
// service would have all the load.
type turns struct {
	mutex   sync.Mutex
	width   int
	idle    []chan arrival // who worked last is at the end
	waiting []arrival      // for whoever is free first
	over    bool
}

func newTurns(width int) *turns { return &turns{width: width} }

// offer gives an arrival to whose turn it is.
func (t *turns) offer(a arrival) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if len(t.idle) == 0 {
		t.waiting = append(t.waiting, a)
		return
	}
	t.next() <- a // which has room: who is idle has taken the one before
}

// next takes whose turn it is away. Only those behind it move, which are few.
func (t *turns) next() chan arrival {
	at := max(0, len(t.idle)-t.width)
	found := t.idle[at]
	if at == 0 {
		t.idle = t.idle[1:]
	} else {
		t.idle = append(t.idle[:at], t.idle[at+1:]...)
	}
	return found
}

// rest tells that somebody has no work: it gets the arrival that waits for longest, if any does, and
// its channel is closed when no more come.
func (t *turns) rest(user chan arrival) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	switch {
	case len(t.waiting) > 0:
		user <- t.waiting[0]
		t.waiting = t.waiting[1:]
	case t.over:
		close(user)
	default:
		t.idle = append(t.idle, user)
	}
}

// end tells that no more arrivals come; those that wait are still handed out.
func (t *turns) end() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.over = true
	for _, user := range t.idle {
		close(user)
	}
	t.idle = nil
}
