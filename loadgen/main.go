// Command k6 is stock k6 v2 with one more output, "histogram", which hands back one mergeable
// document per process instead of a summary that cannot be added up across pods, with an executor
// whose arrivals may be Poisson and know their intended starts, with modules for the script's own
// lines, for a number of iterations, for the steward and for a steady clock, and with a server that does nothing, by which k6 itself is measured.
// Its own outputs, OpenTelemetry and Prometheus remote write, are there as ever.
package main

import (
	"go.k6.io/k6/v2/cmd"

	_ "loadlab.dev/loadgen/arrivals"   // registers the executor loadlab-arrivals and k6/x/arrivals
	_ "loadlab.dev/loadgen/clock"      // registers k6/x/clock
	_ "loadlab.dev/loadgen/histogram"  // registers --out histogram
	_ "loadlab.dev/loadgen/iterations" // registers k6/x/iterations
	_ "loadlab.dev/loadgen/lines"      // registers k6/x/loadlab
	_ "loadlab.dev/loadgen/noop"       // registers k6/x/noop
	_ "loadlab.dev/loadgen/outputs"    // gives k6's own outputs their headers
	_ "loadlab.dev/loadgen/steward"    // registers k6/x/steward
)

func main() { cmd.Execute() }
