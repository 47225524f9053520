package steward

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheTrialIsPutTogetherFromItsParts(t *testing.T) {
	t.Setenv("TRIAL_0", `{"run":"select-001-a1","steward":"http://stew`)
	t.Setenv("TRIAL_1", `ard:8080","variant":"sync","load":{}}`)
	found, err := readTrial()
	if want := (place{"select-001-a1", "http://steward:8080", "sync"}); err != nil || found != want {
		t.Errorf("%+v, %v", found, err)
	}
	t.Setenv("TRIAL_1", "")
	if _, err = readTrial(); err == nil {
		t.Error("half of a configuration was read")
	}
}

func TestAnAnswerIsHandedOnAndAnErrorSaysNothingOfTheAddress(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte(strings.Repeat("no ", 400)))
	}))
	address := server.URL
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	said := exchange(request)
	if said.Status != http.StatusTeapot || len(said.Body) != 1200 || len(said.words()) > longestWords+4 {
		t.Errorf("%d, %d bytes, %q", said.Status, len(said.Body), said.words())
	}
	server.Close()
	gone := exchange(request)
	if gone.Status != 0 || !strings.Contains(gone.words(), "refused") || strings.Contains(gone.words(), "http") {
		t.Errorf("%+v", gone)
	}
}

func TestWhatIsNoJSONIsNoLine(t *testing.T) {
	if err := write(accountKey, []byte("<html>")); err == nil {
		t.Error("printed")
	}
}
