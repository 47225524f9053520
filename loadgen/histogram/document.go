package histogram

import (
	"encoding/json"
	"errors"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"go.k6.io/k6/v2/errext"

	"loadlab.dev/loadgen/lines"
)

// The lines of a log that are read back: docs/contracts/generator-document.schema.json.
const (
	version     = 1 // of both; raised when a reader would misread it
	resultKey   = "loadlab_result"
	progressKey = "loadlab_progress"

	generatorName   = "k6"
	generatorModule = "go.k6.io/k6/v2"
)

type document struct {
	Version   int                    `json:"version"`
	Generator programDoc             `json:"generator"`
	Unit      string                 `json:"unit"`
	Lowest    int                    `json:"lowest"`
	Highest   int                    `json:"highest"`
	Digits    int                    `json:"digits"`
	Complete  bool                   `json:"complete"`
	Error     string                 `json:"error,omitempty"`
	ExitCode  int                    `json:"exit_code,omitempty"`
	Segment   string                 `json:"segment"`
	Sequence  string                 `json:"sequence"`
	StartedUs int64                  `json:"startedUs"`
	EndedUs   int64                  `json:"endedUs"`
	Scenarios map[string]scenarioDoc `json:"scenarios"`
	Trends    map[string]trendDoc    `json:"trends"`
	Counters  map[string]any         `json:"counters"`
	Overflow  int64                  `json:"trendOverflow,omitempty"`
	Checks    map[string]*checkDoc   `json:"checks,omitempty"`
	Script    *scriptDoc             `json:"script,omitempty"`
}

// programDoc names the program that made the load.
type programDoc struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// program is k6 in the version that was linked in.
func program() programDoc {
	doc := programDoc{Name: generatorName, Version: "unknown"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return doc
	}
	for _, module := range info.Deps {
		if module.Path == generatorModule {
			doc.Version = strings.TrimPrefix(module.Version, "v")
		}
	}
	return doc
}

func (o *Output) document(testErr error, complete bool) (document, error) {
	doc := document{
		Version: version, Generator: program(), Unit: "us", Lowest: lowest, Highest: highest, Digits: digits,
		Complete: complete, StartedUs: o.started.UnixMicro(), EndedUs: time.Now().UnixMicro(),
		Scenarios: map[string]scenarioDoc{}, Counters: o.custom.counterDocs(),
		Overflow: o.custom.overflow, Checks: o.custom.checks, Script: o.own.document(),
	}
	doc.Segment, doc.Sequence = o.segment()
	doc.Error, doc.ExitCode = outcome(testErr)
	for name, s := range o.scenarios {
		d, err := s.document(name, o.vus, o.history)
		if err != nil {
			return doc, err
		}
		doc.Scenarios[name] = d
	}
	var err error
	doc.Trends, err = o.custom.trendDocs()
	return doc, err
}

func (o *Output) segment() (segment, sequence string) {
	if s := o.params.ScriptOptions.ExecutionSegment; s != nil {
		segment = s.String()
	}
	if s := o.params.ScriptOptions.ExecutionSegmentSequence; s != nil {
		sequence = s.String()
	}
	return segment, sequence
}

// uncoded is what k6 exits with for an error that has no code, as a promise in setup that comes to nothing.
const uncoded = 255

// outcome is the reason and exit code of a run that did not end well.
func outcome(testErr error) (message string, exitCode int) {
	if testErr == nil {
		return "", 0
	}
	exitCode = uncoded
	var coded errext.HasExitCode
	if errors.As(testErr, &coded) {
		exitCode = int(coded.ExitCode())
	}
	return testErr.Error(), exitCode
}

func (o *Output) write(doc document) error {
	raw, err := json.Marshal(map[string]any{resultKey: doc})
	if err != nil {
		return err
	}
	if o.target() == "stdout" {
		return lines.Write(o.params.StdOut, raw)
	}
	if err = o.writePart(append(raw, '\n')); err != nil {
		return err
	}
	return os.Rename(o.target()+".part", o.target())
}

func (o *Output) writePart(raw []byte) error {
	f, err := o.createPart()
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
