package noop

import (
	"net/http"
	"testing"
)

func TestEveryUserAsksTheSameServerWhichAnswersNothing(t *testing.T) {
	first, err := address()
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := address(); again != first {
		t.Errorf("a second server at %s beside %s", again, first)
	}
	answer, err := http.Get(first + "/any?path=1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusNoContent {
		t.Errorf("answered %d", answer.StatusCode)
	}
}
