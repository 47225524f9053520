package histogram

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"syscall"
	"time"

	"loadlab.dev/loadgen/clock"
)

// A reading is the state of this process at one moment: a run whose generator starved is no
// measurement, and the collector can only know from here.
type reading struct {
	usage
	sched *metrics.Float64Histogram // goroutine runnable -> running: the generator's own queueing
}

// usage is the cumulative part of a reading, small enough to keep for every flush.
type usage struct {
	at           time.Time
	cpu, gcPause time.Duration
	throttled    time.Duration
	peakRSS      int64
	ahead        time.Duration // of the wall clock, by which k6 times requests, over a steady one
}

// history is the usage over time; between two entries it is taken as linear.
type history []usage

type generatorDoc struct {
	CPUSeconds       float64  `json:"cpuSeconds"`
	WallSeconds      float64  `json:"wallSeconds"`
	CPUs             int      `json:"cpus"`             // GOMAXPROCS
	CPULimit         *float64 `json:"cpuLimit"`         // of the cgroup; null without one
	ThrottledSeconds *float64 `json:"throttledSeconds"` // null where the cgroup cannot be read
	SchedWaitUsP99   int64    `json:"schedWaitUsP99"`
	PeakRSSBytes     int64    `json:"peakRssBytes"`
	GCPauseUs        int64    `json:"gcPauseUs"`
	LongestPauseUs   int64    `json:"longestPauseUs"` // in which not even this output came to its turn
	ClockStepUs      int64    `json:"clockStepUs"`    // by how much the wall clock was set, at most
}

// unknown marks a throttling figure that the cgroup does not offer.
const unknown = time.Duration(-1)

func readGenerator() reading {
	r := reading{usage: usage{at: time.Now(), throttled: cgroupThrottled(), peakRSS: peakRSS(), ahead: clock.Ahead()}}
	var ru syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &ru) == nil {
		r.cpu = time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
	}
	var gc debug.GCStats // unlike ReadMemStats it does not stop the world
	debug.ReadGCStats(&gc)
	r.gcPause = gc.PauseTotal
	s := []metrics.Sample{{Name: "/sched/latencies:seconds"}}
	metrics.Read(s)
	if s[0].Value.Kind() == metrics.KindFloat64Histogram {
		r.sched = s[0].Value.Float64Histogram()
	}
	return r
}

// peakRSS reads VmHWM; getrusage's maximum would include the process before exec.
func peakRSS() int64 {
	v, _ := field("/proc/self/status", "VmHWM:")
	return v * 1024
}

func cgroupThrottled() time.Duration {
	if us, ok := field("/sys/fs/cgroup/cpu.stat", "throttled_usec"); ok { // v2
		return time.Duration(us) * time.Microsecond
	}
	if ns, ok := field("/sys/fs/cgroup/cpu/cpu.stat", "throttled_time"); ok { // v1
		return time.Duration(ns)
	}
	return unknown
}

// cgroupCPULimit is in CPUs; GOMAXPROCS follows it, but never below 2.
func cgroupCPULimit() *float64 {
	if raw, err := os.ReadFile("/sys/fs/cgroup/cpu.max"); err == nil { // v2
		if f := strings.Fields(string(raw)); len(f) == 2 {
			return ratio(f[0], f[1])
		}
	}
	quota, err := os.ReadFile("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") // v1
	if err != nil {
		return nil
	}
	period, err := os.ReadFile("/sys/fs/cgroup/cpu/cpu.cfs_period_us")
	if err != nil {
		return nil
	}
	return ratio(string(quota), string(period))
}

// ratio is nil for "max" and for -1, the two ways to say that there is no limit.
func ratio(quota, period string) *float64 {
	q, qErr := strconv.ParseFloat(strings.TrimSpace(quota), 64)
	p, pErr := strconv.ParseFloat(strings.TrimSpace(period), 64)
	if qErr != nil || pErr != nil || q <= 0 || p <= 0 {
		return nil
	}
	limit := q / p
	return &limit
}

// field reads one whole number from a file of "key value" lines.
func field(path, key string) (int64, bool) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	for l := range strings.Lines(string(raw)) {
		if f := strings.Fields(l); len(f) >= 2 && f[0] == key {
			v, err := strconv.ParseInt(f[1], 10, 64)
			return v, err == nil
		}
	}
	return 0, false
}

// between is what the generator used from one moment to another; from and to are the readings
// around them, which alone hold the scheduler's histogram.
func (h history) between(start, end time.Time, from, to reading) generatorDoc {
	a, b := h.at(start), h.at(end)
	doc := generatorDoc{
		CPUSeconds: (b.cpu - a.cpu).Seconds(), WallSeconds: end.Sub(start).Seconds(),
		CPUs: runtime.GOMAXPROCS(0), CPULimit: cgroupCPULimit(),
		SchedWaitUsP99: schedWait(from.sched, to.sched, 0.99),
		PeakRSSBytes:   b.peakRSS, GCPauseUs: (b.gcPause - a.gcPause).Microseconds(),
		LongestPauseUs: h.longestPause(start, end).Microseconds(),
		ClockStepUs:    h.clockStep(start, end).Microseconds(),
	}
	if a.throttled != unknown && b.throttled != unknown {
		s := (b.throttled - a.throttled).Seconds()
		doc.ThrottledSeconds = &s
	}
	return doc
}

// longestPause is how much later than due the readings came at worst: a process that was stopped,
// starved or frozen made no requests meanwhile, and no other figure of a closed loop tells.
func (h history) longestPause(start, end time.Time) (longest time.Duration) {
	for i := 1; i < len(h); i++ {
		a, b := h[i-1].at, h[i].at
		if b.After(start) && a.Before(end) {
			longest = max(longest, b.Sub(a)-flushEvery)
		}
	}
	return longest
}

// clockStep is how far the wall clock came from where it would have been at worst, by the readings
// from the last one before a time to the first one after it.
func (h history) clockStep(start, end time.Time) (most time.Duration) {
	first := 0
	for i := range h {
		if !h[i].at.After(start) {
			first = i
		}
	}
	for i := first; i < len(h); i++ {
		most = max(most, (h[i].ahead - h[first].ahead).Abs())
		if !h[i].at.Before(end) {
			break
		}
	}
	return most
}

func (h history) at(t time.Time) usage {
	for i := 1; i < len(h); i++ {
		if !h[i].at.Before(t) {
			return interpolate(h[i-1], h[i], t)
		}
	}
	if len(h) == 0 {
		return usage{at: t, throttled: unknown}
	}
	return h[len(h)-1]
}

func interpolate(a, b usage, t time.Time) usage {
	share := min(max(float64(t.Sub(a.at))/float64(b.at.Sub(a.at)), 0), 1)
	part := func(x, y time.Duration) time.Duration { return x + time.Duration(share*float64(y-x)) }
	u := usage{at: t, cpu: part(a.cpu, b.cpu), gcPause: part(a.gcPause, b.gcPause), peakRSS: b.peakRSS}
	u.throttled = unknown
	if a.throttled != unknown && b.throttled != unknown {
		u.throttled = part(a.throttled, b.throttled)
	}
	return u
}

// schedWait is a quantile, in µs, of the waits between two readings.
func schedWait(a, b *metrics.Float64Histogram, q float64) int64 {
	if a == nil || b == nil {
		return 0
	}
	var total uint64
	for i := range b.Counts {
		total += b.Counts[i] - a.Counts[i]
	}
	want, seen := uint64(math.Ceil(q*float64(total))), uint64(0)
	for i := range b.Counts {
		if seen += b.Counts[i] - a.Counts[i]; total > 0 && seen >= want {
			return int64(upperEdge(b.Buckets, i) * 1e6)
		}
	}
	return 0
}

// upperEdge is the bucket's end, or its begin where the end is infinite.
func upperEdge(edges []float64, i int) float64 {
	if math.IsInf(edges[i+1], 1) {
		return edges[i]
	}
	return edges[i+1]
}

// gauge is k6's count of active virtual users, sampled by it once a second.
type gauge []struct {
	at  time.Time
	vus int64
}

func (g gauge) highest(start, end time.Time) (vus int64) {
	for _, s := range g {
		if !s.at.Before(start) && !s.at.After(end) {
			vus = max(vus, s.vus)
		}
	}
	return vus
}

// latest is the newest count, or 0 where it is from before the given moment.
func (g gauge) latest(since time.Time) int64 {
	if len(g) == 0 || g[len(g)-1].at.Before(since) {
		return 0
	}
	return g[len(g)-1].vus
}
