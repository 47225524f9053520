package histogram

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.k6.io/k6/v2/output"
)

// A script of the user's own names its requests and metrics as it likes, as often by address as not.

const (
	scriptExt     = "loadlab"        // of the options: what our script tells of the user's
	phaseEnv      = "LOADLAB_PHASE"  // of a scenario that is a part of warm-up or measurement
	targetEnv     = "LOADLAB_TARGET" // what stands before each path, another in each trial
	placeholder   = "${}"            // of k6, for what a template was given
	maxOwnSplits  = 12               // distinct names and classes of a scenario: as many as a trial can keep
	maxThresholds = 20               // that are told
	maxIgnored    = 50               // options that are told to be not in force
)

// ownScript is what is known of the user's script.
type ownScript struct {
	told   scriptDoc
	phases map[string]string // of its scenarios, by name
	target string
	pace   time.Duration // the least time from one iteration's begin to the next
}

// scriptDoc is what its options ask for that is not k6's to decide here.
type scriptDoc struct {
	Thresholds []thresholdDoc `json:"thresholds"`
	LeftOut    int            `json:"thresholdsLeftOut,omitempty"`
	Ignored    []string       `json:"ignored"`
}

type thresholdDoc struct {
	Metric    string `json:"metric"`
	Threshold string `json:"threshold"`
}

// readOwnScript gives nil where the script is ours alone.
func readOwnScript(p output.Params) (*ownScript, error) {
	raw, ok := p.ScriptOptions.External[scriptExt]
	if !ok {
		return nil, nil //nolint:nilnil // none is no error
	}
	own := &ownScript{phases: map[string]string{}, target: p.Environment[targetEnv]}
	own.pace = p.ScriptOptions.MinIterationDuration.TimeDuration()
	if err := json.Unmarshal(raw, &own.told); err != nil {
		return nil, fmt.Errorf("options.ext.%s cannot be read: %w", scriptExt, err)
	}
	own.told.bound()
	for name, config := range p.ScriptOptions.Scenarios {
		if phase := config.GetEnv()[phaseEnv]; phase != "" {
			own.phases[name] = phase
		}
	}
	return own, nil
}

// bound keeps what a document may hold of somebody's texts: of too many thresholds those that can be
// judged, which are the ones without tags.
func (d *scriptDoc) bound() {
	slices.SortStableFunc(d.Thresholds, func(a, b thresholdDoc) int {
		return cmp.Compare(strings.Count(a.Metric, "{"), strings.Count(b.Metric, "{"))
	})
	d.LeftOut = max(0, len(d.Thresholds)-maxThresholds)
	d.Thresholds = append([]thresholdDoc{}, d.Thresholds[:min(len(d.Thresholds), maxThresholds)]...)
	for i, t := range d.Thresholds {
		d.Thresholds[i] = thresholdDoc{cut(printable(t.Metric)), cut(printable(t.Threshold))}
	}
	d.Ignored = append([]string{}, d.Ignored[:min(len(d.Ignored), maxIgnored)]...)
	for i, name := range d.Ignored {
		d.Ignored[i] = cut(printable(name))
	}
}

func (o *ownScript) document() *scriptDoc {
	if o == nil {
		return nil
	}
	return &o.told
}

func (o *ownScript) phaseOf(scenario string) string {
	if o != nil && o.phases[scenario] != "" {
		return o.phases[scenario]
	}
	return scenario
}

// nameOf is a request's name without the address of the service, which differs from trial to trial.
func (o *ownScript) nameOf(name string) string {
	if o == nil {
		return name
	}
	path, inside := strings.CutPrefix(name, o.target)
	if !inside { // http.url`${target}/items/${id}` is named ${}/items/${}
		path, inside = strings.CutPrefix(name, placeholder)
	}
	switch {
	case !inside:
	case path == "":
		name = "/"
	case strings.ContainsAny(path[:1], "/?"):
		name = path
	}
	return cut(printable(name))
}

// iterationOf is how long an iteration kept its user: k6 waits for the rest of minIterationDuration
// after it has told how long the function took.
func (o *ownScript) iterationOf(took time.Duration) time.Duration {
	if o == nil {
		return took
	}
	return max(took, o.pace)
}

func (o *ownScript) mostSplits() int {
	if o == nil {
		return maxSplits
	}
	return maxOwnSplits
}
