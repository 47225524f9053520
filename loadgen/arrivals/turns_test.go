package arrivals

import (
	"slices"
	"testing"
	"time"
)

// crowd is so many users who are idle, each known by its channel.
func crowd(of *turns, number int) []chan arrival {
	users := make([]chan arrival, number)
	for i := range users {
		users[i] = make(chan arrival, 1)
		of.rest(users[i])
	}
	return users
}

// whoHas is the user that an arrival was given to.
func whoHas(t *testing.T, users []chan arrival) int {
	t.Helper()
	at := slices.IndexFunc(users, func(user chan arrival) bool { return len(user) > 0 })
	if at < 0 {
		t.Fatal("nobody has it")
	}
	<-users[at]
	return at
}

// A service closes a connection that is idle for long: 100 users of 10 arrivals a second would find
// theirs closed each time.
func TestAsManyTakeTurnsAsArriveInASecond(t *testing.T) {
	of := newTurns(10)
	users := crowd(of, 100)
	seen := map[int]int{}
	for range 200 {
		of.offer(arrival{})
		user := whoHas(t, users)
		seen[user]++
		of.rest(users[user])
	}
	if len(seen) != 10 {
		t.Errorf("%d users took turns, not 10", len(seen))
	}
	for user, times := range seen {
		if times != 20 {
			t.Errorf("user %d had %d of 200 turns, not 20", user, times)
		}
	}
}

func TestTheOthersWorkWhileAllWhoTakeTurnsAreAtIt(t *testing.T) {
	of := newTurns(10)
	users := crowd(of, 15)
	seen := map[int]bool{}
	for range users {
		of.offer(arrival{})
		seen[whoHas(t, users)] = true
	}
	if len(seen) != 15 {
		t.Errorf("%d of 15 have work", len(seen))
	}
}

func TestWhoIsFreeFirstGetsWhatWaitsForLongest(t *testing.T) {
	of := newTurns(10)
	for number := range uint64(3) {
		of.offer(arrival{local: number})
	}
	of.end()
	user := make(chan arrival, 1)
	for number := range uint64(3) {
		of.rest(user)
		if got := <-user; got.local != number {
			t.Errorf("arrival %d came as number %d", got.local, number)
		}
	}
	of.rest(user)
	if _, more := <-user; more {
		t.Error("an arrival too many")
	}
}

func TestWhoIsIdleIsToldThatNoMoreCome(t *testing.T) {
	of := newTurns(1)
	user := crowd(of, 1)[0]
	of.end()
	select {
	case _, more := <-user:
		if more {
			t.Error("an arrival from nowhere")
		}
	case <-time.After(time.Second):
		t.Error("it waits for ever")
	}
}
