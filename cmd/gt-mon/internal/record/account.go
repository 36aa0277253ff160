package record

import (
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/usage"
	"github.com/gophertainer/gophertainer/lib/json"
)

// Account adds what the container used. A program that was killed for memory
// ended for that reason.
func (e *Exit) Account(s *usage.Sample) {
	if s.CPU != nil {
		us := func(n uint64) time.Duration { return time.Duration(n) * time.Microsecond }
		e.CPU, e.User, e.System = us(s.CPU.Total), us(s.CPU.User), us(s.CPU.System)
		e.Throttle, e.Throttled = us(s.CPU.ThrottledTime), s.CPU.Throttled
	}
	if s.Memory != nil {
		e.Peak = s.Memory.Peak
	}
	for kind, p := range s.Pressure {
		if e.Pressure == nil {
			e.Pressure = map[string]uint64{}
		}
		e.Pressure[kind] = p.Some
	}
	e.OOMKills = s.OOMKills
	if s.OOMKills == 0 {
		return
	}
	e.OOMLevel = "host"
	if s.OOMOwn > 0 {
		e.OOMLevel = "container"
	}
	if e.Signal == "SIGKILL" && !e.Stopped {
		e.Reason = "oom"
	}
}

// Usage is what Account added, as JSON.
func (e *Exit) Usage() []byte {
	var w json.Writer
	w.Value(e.used())
	return w.Bytes()
}

func (e *Exit) used() map[string]any {
	m := map[string]any{
		"oom":        map[string]any{"kills": e.OOMKills, "level": e.OOMLevel},
		"memoryPeak": e.Peak,
		"cpu": map[string]any{
			"total": e.CPU.Microseconds(), "user": e.User.Microseconds(), "system": e.System.Microseconds(),
			"throttled": e.Throttle.Microseconds(), "throttledPeriods": e.Throttled,
		},
	}
	if len(e.Pressure) > 0 {
		m["pressure"] = e.Pressure
	}
	return m
}
