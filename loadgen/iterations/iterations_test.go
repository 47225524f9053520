package iterations

import (
	"context"
	"sync"
	"testing"
	"time"
)

func TestTheLastOfAllUsersCompletesTheCount(t *testing.T) {
	c := newCount()
	var users sync.WaitGroup
	for range 10 {
		users.Add(1)
		go func() {
			defer users.Done()
			for range 9 {
				c.end(100)
			}
		}()
	}
	users.Wait()
	if c.reached() {
		t.Fatal("90 of 100 were taken for all")
	}
	for range 10 {
		c.end(100)
	}
	if !c.reached() {
		t.Fatal("100 of 100 were not all")
	}
	c.wait(t.Context(), time.Hour) // returns at once
}

func TestNobodyWaitsLongerThanTheTimeNorThanTheRun(t *testing.T) {
	c := newCount()
	c.wait(t.Context(), time.Millisecond)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	c.wait(over, time.Hour)
	if c.reached() {
		t.Fatal("nothing ended, and all was")
	}
}
