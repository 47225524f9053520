// Package arrivals is an executor of k6 for open models: requests are sent at planned moments,
// whatever the answers do. It is k6's own constant-arrival-rate and ramping-arrival-rate, but
//
//   - arrivals may be those of a Poisson process,
//   - every sample of an iteration knows its intended start to the microsecond, and its number is
//     that of the arrival, also where others were dropped,
//   - the time counts from when the virtual users of the start are there, so that the first are not
//     late; more are made ahead of their need, and an arrival that finds none waits for one.
package arrivals

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/sirupsen/logrus"
	"gopkg.in/guregu/null.v3"

	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/executor"
	"go.k6.io/k6/v2/lib/types"
)

const executorType = "loadlab-arrivals"

// turnsWithin is how long a virtual user waits for its turn at full rate: less than the 2 s after
// which gunicorn closes a connection that is idle, also where Poisson arrivals come late.
const turnsWithin = time.Second

// fewestInTurn are spread over several workers of a service at rates however low.
const fewestInTurn = 10

func init() {
	lib.RegisterExecutorConfigType(executorType,
		func(name string, raw []byte) (lib.ExecutorConfig, error) {
			config := &Config{BaseConfig: executor.NewBaseConfig(name, executorType)}
			return config, lib.StrictJSONUnmarshal(raw, config)
		})
}

// Config is a scenario of this executor.
type Config struct {
	executor.BaseConfig
	Rate     null.Int           `json:"rate"`     // arrivals in a timeUnit, of all pods
	TimeUnit types.NullDuration `json:"timeUnit"` //
	RampUp   types.NullDuration `json:"rampUp"`   // in which the rate rises from nothing; optional
	Duration types.NullDuration `json:"duration"` // at the full rate
	VUs      null.Int           `json:"vus"`      // virtual users of all pods, at most
	Ready    null.Int           `json:"ready"`    // of them, those that are there from the start; all if 0
	Arrivals spacing            `json:"arrivals"` // Even or Poisson
	Seed     null.Int           `json:"seed"`     // of Poisson arrivals
}

var _ lib.ExecutorConfig = &Config{}

// Validate says what is wrong.
func (c *Config) Validate() []error {
	found := c.BaseConfig.Validate()
	if c.Rate.Int64 <= 0 || c.TimeUnit.TimeDuration() <= 0 {
		found = append(found, errors.New("rate and timeUnit must be more than 0"))
	}
	if c.Duration.TimeDuration() < time.Second {
		found = append(found, fmt.Errorf("the duration must be at least 1s, but is %s", c.Duration))
	}
	if c.RampUp.TimeDuration() < 0 {
		found = append(found, errors.New("rampUp can't be negative"))
	}
	if c.VUs.Int64 <= 0 {
		found = append(found, errors.New("vus must be more than 0"))
	}
	if c.Ready.Int64 < 0 || c.Ready.Int64 > c.VUs.Int64 {
		found = append(found, errors.New("ready must lie between 0 and vus"))
	}
	if c.Arrivals != even && c.Arrivals != poisson {
		found = append(found, fmt.Errorf("arrivals is %q: give %s or %s", c.Arrivals, even, poisson))
	}
	return found
}

func (c *Config) curve() curve {
	return curve{
		rate:     float64(c.Rate.Int64) / float64(c.TimeUnit.TimeDuration()),
		ramp:     float64(c.RampUp.TimeDuration()),
		duration: float64(c.Duration.TimeDuration()),
	}
}

// span is the time in which requests are sent.
func (c *Config) span() time.Duration { return c.RampUp.TimeDuration() + c.Duration.TimeDuration() }

func (c *Config) users(et *lib.ExecutionTuple) int64 { return et.ScaleInt64(c.VUs.Int64) }

// ready is how many virtual users of this pod are there from the start.
func (c *Config) ready(et *lib.ExecutionTuple) int64 {
	if c.Ready.Int64 == 0 {
		return c.users(et)
	}
	return et.ScaleInt64(c.Ready.Int64)
}

// inTurn is how many virtual users of this pod take turns: as many as arrive in turnsWithin.
func (c *Config) inTurn(et *lib.ExecutionTuple) int {
	share := float64(c.users(et)) / float64(c.VUs.Int64)
	return max(int(math.Ceil(share*c.curve().rate*float64(turnsWithin))), fewestInTurn)
}

// GetDescription is for people.
func (c *Config) GetDescription(et *lib.ExecutionTuple) string {
	return fmt.Sprintf("%s arrivals, %d in %s of all pods for %s, %d to %d virtual users in this one",
		c.Arrivals, c.Rate.Int64, c.TimeUnit, c.span(), c.ready(et), c.users(et))
}

// GetExecutionRequirements is how many virtual users must be there, and until when.
func (c *Config) GetExecutionRequirements(et *lib.ExecutionTuple) []lib.ExecutionStep {
	return []lib.ExecutionStep{
		{
			PlannedVUs:      uint64(c.ready(et)),
			MaxUnplannedVUs: uint64(c.users(et) - c.ready(et)),
		},
		{TimeOffset: c.span() + c.GetGracefulStop()},
	}
}

// HasWork tells a pod whose share has no virtual user.
func (c *Config) HasWork(et *lib.ExecutionTuple) bool { return c.users(et) > 0 }

// NewExecutor is the executor of this scenario.
func (c *Config) NewExecutor(es *lib.ExecutionState, logger *logrus.Entry) (lib.Executor, error) {
	return &Executor{
		BaseExecutor: executor.NewBaseExecutor(c, es, logger), config: c, state: es,
		plan: newSchedule(c.curve(), c.Arrivals, c.Seed.Int64, c.Name),
	}, nil
}
