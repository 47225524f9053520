package histogram

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.k6.io/k6/v2/metrics"
)

const (
	maxTexts    = 100 // distinct texts of a scenario that are counted apart
	maxFailures = 20  // of them in the document: the most frequent
	maxExamples = 20  // distinct examples kept of one text
	maxText     = 200 // characters of one
	otherErrors = "other errors"
	notSent     = "not sent: "
	noAnswer    = "no answer"

	// exampleOf is the counter by which the script tells what one failed answer said: a body, or
	// where it redirects to. It says so of a few answers only, and so counts nothing.
	exampleOf = "failure_example"
	// unsampled is the counter of requests of which k6 makes no sample: never sent, or answered 101.
	unsampled = "unsampled_request"
)

// failureKey is what failed requests are counted by.
type failureKey struct {
	class, text string
}

// failures are the failed requests of a scenario by status class and text.
type failures struct {
	counts   map[failureKey]*int64
	examples map[string]map[string]int64 // by text
}

type failureDoc struct {
	Class    string `json:"class"`
	Text     string `json:"text"`
	Example  string `json:"example,omitempty"`
	Requests int64  `json:"requests"`
}

func newFailures() *failures {
	return &failures{counts: map[failureKey]*int64{}, examples: map[string]map[string]int64{}}
}

// counter finds where the failed requests of a class and text are counted.
func (f *failures) counter(class, text string) *int64 {
	key := failureKey{class, text}
	if f.counts[key] == nil && len(f.counts) >= maxTexts {
		key.text = otherErrors
	}
	if f.counts[key] == nil {
		f.counts[key] = new(int64)
	}
	return f.counts[key]
}

func (f *failures) exemplify(text, example string) {
	known := f.examples[text]
	if known == nil {
		known = map[string]int64{}
		f.examples[text] = known
	}
	if known[example] > 0 || len(known) < maxExamples {
		known[example]++
	}
}

// documents are the most frequent failures; the others of each class are added up.
func (f *failures) documents() []failureDoc {
	docs := make([]failureDoc, 0, len(f.counts))
	for key, n := range f.counts {
		if *n > 0 {
			docs = append(docs, failureDoc{key.class, key.text, mostFrequent(f.examples[key.text]), *n})
		}
	}
	slices.SortFunc(docs, rarer)
	if len(docs) <= maxFailures {
		return docs
	}
	return append(docs[:maxFailures], addedUp(docs[maxFailures:])...)
}

func addedUp(docs []failureDoc) []failureDoc {
	rest := map[string]int64{}
	for _, doc := range docs {
		rest[doc.Class] += doc.Requests
	}
	sums := make([]failureDoc, 0, len(rest))
	for class, n := range rest {
		sums = append(sums, failureDoc{Class: class, Text: otherErrors, Requests: n})
	}
	slices.SortFunc(sums, rarer)
	return sums
}

func rarer(a, b failureDoc) int {
	return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Text, b.Text))
}

func mostFrequent(counts map[string]int64) (found string) {
	for text, n := range counts {
		if n > counts[found] || n == counts[found] && text < found {
			found = text
		}
	}
	return found
}

// failureText says why a request failed: the status that answered it, or why there was none.
func failureText(tags *metrics.TagSet) string {
	if code, _ := tags.Get("status"); len(code) == 3 {
		return statusText(code)
	}
	if text, _ := tags.Get("error"); text != "" {
		return plain(text)
	}
	return noAnswer
}

// A time-out in words of k6 and of Go.
var timeOuts = regexp.MustCompile(`request timeout|i/o timeout|timed out|deadline exceeded|Client\.Timeout`)

func hasTimedOut(tags *metrics.TagSet) bool {
	text, _ := tags.Get("error")
	return timeOuts.MatchString(text)
}

func statusText(code string) string {
	status, _ := strconv.Atoi(code)
	return strings.TrimSpace(code + " " + http.StatusText(status))
}

// unsampledFailure is class and text of a request of which k6 says only why it has no sample.
func unsampledFailure(text string) failureKey {
	if status, ok := strings.CutPrefix(text, "unsupported response status: "); ok {
		return failureKey{status[:min(1, len(status))] + "xx", plain(status)}
	}
	return failureKey{noStatus, plain(notSent + text)}
}

// Addresses, ports and ids tell one failure from the next, but not one cause from another.
var differing = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`\[[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(%\w+)?\](:\d+)?`), "ADDRESS"},
	{regexp.MustCompile(`\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b`), "ADDRESS"},
	{regexp.MustCompile(`(?i)\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`), "ID"},
	{regexp.MustCompile(`(?i)\b(0x[0-9a-f]{5,}|[0-9a-f]*\d[0-9a-f]{7,})\b`), "ID"},
	{regexp.MustCompile(`\d{4,}`), "N"},
	{regexp.MustCompile(`stream ID \d+`), "stream ID N"},
}

// plain is a text as it is counted: without what differs from request to request, and of one line.
func plain(text string) string {
	text = printable(text)
	for _, part := range differing {
		text = part.pattern.ReplaceAllString(text, part.name)
	}
	return cut(text)
}

// printable drops control characters, which a terminal would obey.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

func cut(text string) string {
	if runes := []rune(text); len(runes) > maxText {
		return string(runes[:maxText-1]) + "…"
	}
	return text
}
