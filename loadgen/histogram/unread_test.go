package histogram

import (
	"testing"
	"time"

	"go.k6.io/k6/v2/output"
)

// unread is a log that nobody reads for a while, as of a node whose disk is slow.
type unread struct{ read chan struct{} }

func (u unread) Write(line []byte) (int, error) {
	<-u.read
	return len(line), nil
}

// A sample that is not taken at once would keep the virtual user that made it from its next request.
func TestALogThatNobodyReadsHoldsUpNoRequest(t *testing.T) {
	log := unread{make(chan struct{})}
	b := begin(t, output.Params{StdOut: log})
	longest, sent := time.Duration(0), int64(0)
	for began := time.Now(); time.Since(began) < 2500*time.Millisecond; sent++ {
		at := time.Now()
		b.request("measure", "200", at, time.Millisecond)
		longest = max(longest, time.Since(at))
		time.Sleep(time.Millisecond)
	}
	if longest > 200*time.Millisecond {
		t.Errorf("a request was held up for %s", longest)
	}
	close(log.read)
	b.flusher.Stop()
	if got := b.scenarios["measure"].requests; got != sent {
		t.Errorf("%d of %d are counted", got, sent)
	}
}
