package clock

import (
	"testing"
	"time"
)

func TestTheSteadyTimeGoesOnAsTimePasses(t *testing.T) {
	before := SteadyMs(time.Now())
	time.Sleep(20 * time.Millisecond)
	if took := SteadyMs(time.Now()) - before; took < 20 || took > 500 {
		t.Errorf("%f ms", took)
	}
}

func TestAClockThatNobodySetsRunsAsFarAsTheSteadyOne(t *testing.T) {
	if ahead := Ahead().Abs(); ahead > 50*time.Millisecond {
		t.Errorf("%s ahead", ahead)
	}
}
