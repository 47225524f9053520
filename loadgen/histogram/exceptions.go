package histogram

import (
	"cmp"
	"slices"

	"go.k6.io/k6/v2/metrics"
)

const (
	// exceptionOf is the counter by which our script tells what an iteration of the user's threw.
	exceptionOf     = "loadlab_exception"
	restedOf        = "loadlab_rested" // users that asked for nothing more until they were cut off
	maxThrown       = 10               // texts in the document: the most frequent
	otherExceptions = "other exceptions"
)

// exceptions are the iterations that threw, by what they threw.
type exceptions map[string]int64

type exceptionDoc struct {
	Text       string `json:"text"`
	Iterations int64  `json:"iterations"`
}

func (e exceptions) add(tags *metrics.TagSet) {
	text, _ := tags.Get("text")
	text = plain(text)
	if _, known := e[text]; text == "" || !known && len(e) >= maxTexts {
		text = otherExceptions
	}
	e[text]++
}

// documents are the most frequent; the others are added up.
func (e exceptions) documents() []exceptionDoc {
	docs := make([]exceptionDoc, 0, len(e))
	rest := exceptionDoc{Text: otherExceptions, Iterations: e[otherExceptions]}
	for text, n := range e {
		if text != otherExceptions {
			docs = append(docs, exceptionDoc{text, n})
		}
	}
	slices.SortFunc(docs, func(a, b exceptionDoc) int {
		return cmp.Or(cmp.Compare(b.Iterations, a.Iterations), cmp.Compare(a.Text, b.Text))
	})
	for _, doc := range docs[min(len(docs), maxThrown):] {
		rest.Iterations += doc.Iterations
	}
	docs = docs[:min(len(docs), maxThrown)]
	if rest.Iterations > 0 {
		docs = append(docs, rest)
	}
	return docs
}
