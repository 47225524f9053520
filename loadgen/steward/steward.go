// Package steward speaks to a trial's steward for the scenario script: it holds the token, which
// no script sees, and prints what the steward said as the steward said it.
//
//	import { arrive, finish, look, snapshot } from 'k6/x/steward';
//
// A script of the user's own runs in the same JavaScript as ours and could replace whatever that
// rests on; so no line that is read back is made of anything that JavaScript has touched.
package steward

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.k6.io/k6/v2/js/modules"

	"loadlab.dev/loadgen/lines"
)

const (
	tokenEnv     = "STEWARD_TOKEN"
	partEnv      = "TRIAL_"
	edges        = "edges" // the scenario that takes the snapshots
	lookWithin   = 5 * time.Second
	connectIn    = 2 * time.Second
	longestWords = 500       // characters of an answer that an error quotes
	largest      = 8_000_000 // bytes of an answer: of a snapshot at most
	accountKey   = "loadlab_account"
	snapshotKey  = "loadlab_snapshot"
)

var (
	token = lines.Take(tokenEnv)
	trial = sync.OnceValues(readTrial)
	// It asks a service of the cluster: no proxy stands between.
	client = &http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{Timeout: connectIn}).DialContext}}
)

func init() { modules.Register("k6/x/steward", root{}) }

// place is where the steward is, and whom it is asked about.
type place struct {
	Run     string `json:"run"`
	Steward string `json:"steward"`
	Variant string `json:"variant"`
}

func readTrial() (place, error) {
	var text strings.Builder
	for n := 0; ; n++ {
		part, ok := os.LookupEnv(partEnv + strconv.Itoa(n))
		if !ok {
			break
		}
		text.WriteString(part)
	}
	var found place
	if err := json.Unmarshal([]byte(text.String()), &found); err != nil {
		return found, fmt.Errorf("the configuration of the trial cannot be read: %w", err)
	}
	return found, nil
}

// answer is what the steward said; status 0 where it said nothing.
type answer struct {
	Status int    `js:"status"`
	Body   string `js:"body"`
	Error  string `js:"error"`
}

type root struct{}

type instance struct{ vu modules.VU }

func (root) NewModuleInstance(vu modules.VU) modules.Instance { return instance{vu} }

func (i instance) Exports() modules.Exports {
	return modules.Exports{Named: map[string]any{
		"arrive": i.arrive, "finish": i.finish, "look": i.look, "snapshot": i.snapshot,
	}}
}

// arrive waits at the barrier before the load.
func (i instance) arrive(body string, withinMs int64) (answer, error) {
	if err := i.only(""); err != nil {
		return answer{}, err
	}
	return i.post("arrive", body, withinMs)
}

// finish waits at the barrier after it, and prints the account. What was put off is done by then: with
// drained its cost is looked at, too.
func (i instance) finish(body string, withinMs int64, drained bool) (answer, error) {
	if err := i.only(""); err != nil {
		return answer{}, err
	}
	said, err := i.post("finish", body, withinMs)
	if err != nil || said.Status != http.StatusOK {
		return said, err
	}
	if drained {
		if err = i.tell("drained"); err != nil {
			return said, err
		}
	}
	return said, write(accountKey, []byte(said.Body))
}

// look asks for a snapshot of which nothing is printed.
func (i instance) look() (answer, error) {
	if err := i.only(""); err != nil {
		return answer{}, err
	}
	return i.get()
}

// snapshot prints what all parts had used at an edge of the measurement.
func (i instance) snapshot(edge string) error {
	if err := i.only(edges); err != nil {
		return err
	}
	if edge != "start" && edge != "end" {
		return fmt.Errorf("a snapshot is of start or end, not of %q", edge)
	}
	return i.tell(edge)
}

// only refuses whoever is in another scenario; setup and teardown are in none.
func (i instance) only(scenario string) error {
	if i.vu.State() == nil || lines.ScenarioOf(i.vu) != scenario {
		return errors.New("the steward is not asked from here")
	}
	return nil
}

func (i instance) tell(edge string) error {
	said, err := i.get()
	if err != nil {
		return err
	}
	found := map[string]json.RawMessage{}
	if said.Status != http.StatusOK || json.Unmarshal([]byte(said.Body), &found) != nil {
		why, _ := json.Marshal(said.words())
		found = map[string]json.RawMessage{"error": why}
	}
	found["edge"], _ = json.Marshal(edge)
	raw, err := json.Marshal(found)
	if err != nil {
		return err
	}
	return write(snapshotKey, raw)
}

func (a answer) words() string {
	if a.Status == 0 {
		return a.Error
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, a.Body[:min(len(a.Body), longestWords)]))
}

// write prints one line; an answer of several lines becomes one.
func write(key string, value []byte) error {
	var line bytes.Buffer
	if err := json.Compact(&line, value); err != nil {
		return fmt.Errorf("the steward's answer is no JSON: %w", err)
	}
	return lines.Write(os.Stdout, fmt.Appendf(nil, `{"%s":%s}`, key, line.Bytes()))
}

func (i instance) post(verb, body string, withinMs int64) (answer, error) {
	return i.ask(http.MethodPost, verb, body, time.Duration(withinMs)*time.Millisecond)
}

func (i instance) get() (answer, error) { return i.ask(http.MethodGet, "snapshot", "", lookWithin) }

func (i instance) ask(method, verb, body string, within time.Duration) (answer, error) {
	of, err := trial()
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(i.vu.Context(), within)
	defer cancel()
	address := fmt.Sprintf("%s/runs/%s/%s", of.Steward, url.PathEscape(of.Run), verb)
	if method == http.MethodGet {
		address += "?variant=" + url.QueryEscape(of.Variant)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	return exchange(request), nil
}

func exchange(request *http.Request) answer {
	response, err := client.Do(request)
	if err != nil {
		var said *url.Error
		if errors.As(err, &said) {
			err = said.Err // without what was asked of whom, which whoever quotes it says already
		}
		return answer{Error: err.Error()}
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(response.Body, largest))
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Status: response.StatusCode, Body: string(raw)}
}
