// Command k6 is stock k6 v2 with one more output, "histogram", which hands back one mergeable
// document per process instead of a summary that cannot be added up across pods.
package main

import (
	"go.k6.io/k6/v2/cmd"

	_ "loadlab.dev/loadgen/histogram" // registers --out histogram
)

func main() { cmd.Execute() }
