package histogram

import (
	"go.k6.io/k6/v2/lib/netext/httpext"
	"go.k6.io/k6/v2/metrics"
)

// Where k6 follows redirects it samples each answer on the way. A virtual user asked once, so the
// answers of one iteration are joined: one request from the first byte asked for to the last
// answer's end, and the redirects on the way counted apart. What belongs together is told by the
// system tags vu and iter, which the script switches on where it lets k6 follow.

// chain names the iteration that a sample belongs to; without the tags there is none.
type chain struct {
	vu, iteration string
}

func chainOf(metadata map[string]string) (chain, bool) {
	c := chain{metadata["vu"], metadata["iter"]}
	return c, c.vu != "" && c.iteration != ""
}

// joined is a request with the redirects before it, or nil while it is not known whether the
// answer is the last.
func (o *Output) joined(t *httpext.Trail, s *scenario) *httpext.Trail {
	c, ok := chainOf(t.Metadata)
	if !ok {
		return t
	}
	if before := o.pending[c]; before != nil {
		s.redirects++
		t = join(before, t)
		delete(o.pending, c)
	}
	if isRedirect(t.Tags) {
		o.pending[c] = t
		return nil
	}
	return t
}

// last is the redirect that an iteration ended with; it was not followed any more.
func (o *Output) last(s metrics.Sample) *httpext.Trail {
	if len(o.pending) == 0 || s.Metric.Name != metrics.IterationsName {
		return nil
	}
	c, _ := chainOf(s.Metadata)
	t := o.pending[c]
	delete(o.pending, c)
	return t
}

func join(first, next *httpext.Trail) *httpext.Trail {
	whole := *next
	whole.Blocked = first.Blocked
	whole.Duration = first.Duration + next.EndTime.Sub(first.EndTime)
	return &whole
}

// isRedirect tells the statuses that name another place; a 304 is an answer by itself.
func isRedirect(tags *metrics.TagSet) bool {
	switch code, _ := tags.Get("status"); code {
	case "301", "302", "303", "307", "308":
		return true
	}
	return false
}
