// Package retry decides whether and when an ended container starts again.
package retry

import (
	"math/rand/v2"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/settings"
)

// First and most are the bounds of the pause before a restart; calm is how long
// a container has to run for the next pause to be the first again.
const (
	first = 100 * time.Millisecond
	most  = time.Minute
	calm  = 10 * time.Second
)

// A Policy counts restarts.
type Policy struct {
	settings.Restart
	Count int // restarts so far
	fails int // in a row
	pause time.Duration
}

// Next tells whether to start again after an end, and after which pause. The
// pause doubles each time and varies by a fourth, so that containers which
// failed together do not come back together.
func (p *Policy) Next(code int, stopped bool, ran time.Duration) (time.Duration, bool) {
	if ran >= calm {
		p.pause, p.fails = 0, 0
	}
	if !p.Again(code, stopped) {
		return 0, false
	}
	if code != 0 {
		p.fails++
	}
	p.Count++
	switch {
	case p.pause == 0:
		p.pause = first
	case p.pause < most/2:
		p.pause *= 2
	default:
		p.pause = most
	}
	return p.pause*3/4 + rand.N(p.pause/2), true
}

// Again tells whether an end is followed by another start.
func (p *Policy) Again(code int, stopped bool) bool {
	if stopped {
		return false
	}
	switch p.Policy {
	case "always", "unless-stopped":
		return true
	case "on-failure":
		return code != 0 && (p.Max == 0 || p.fails < p.Max)
	}
	return false
}

// Waits tells whether the start that an end of this code is followed by is still
// wanted: the end was counted when it came.
func (p *Policy) Waits(code int) bool {
	if p.Policy == "on-failure" && p.Max > 0 {
		return code != 0 && p.fails <= p.Max
	}
	return p.Again(code, false)
}

// AtBoot tells whether a container starts when the machine has: with always
// even one that somebody had stopped.
func AtBoot(r settings.Restart, stopped bool) bool {
	return r.Policy == "always" || r.Policy == "unless-stopped" && !stopped
}
