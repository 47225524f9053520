package histogram

import "time"

// planned is how requests stand to the moments at which they were to be sent.
type planned struct {
	late, total *distribution // until each was sent, and until its answer was there
}

// recordPlanned adds what a user would have waited who came when the request was planned: a request
// that is sent late, as k6 was held up, has kept that user waiting all the same.
func (sp *split) recordPlanned(whole, total time.Duration) {
	if sp.planned == nil {
		sp.planned = &planned{newDistribution(), newDistribution()}
	}
	sp.planned.total.record(whole)
	sp.planned.late.record(whole - total)
}
