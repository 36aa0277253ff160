// Package metrics shows what containers use: as a table, as JSON, and in the
// OpenMetrics text form under the names that users of cAdvisor know.
package metrics

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/record"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/usage"
	"github.com/gophertainer/gophertainer/lib/json"
)

// A Row is one container at one moment. Sample is nil for one that is stopped.
type Row struct {
	ID, Status string
	At         time.Time
	Started    time.Time
	Sample     *usage.Sample
	Health     string
	Restarts   int
	Exit       *record.Exit
	Labels     map[string]string
}

// sums adds up devices and interfaces.
func (r *Row) sums() (io usage.IO, net usage.Net) {
	if r.Sample == nil {
		return
	}
	for _, d := range r.Sample.IO {
		io.ReadBytes += d.ReadBytes
		io.WriteBytes += d.WriteBytes
	}
	for _, n := range r.Sample.Net {
		net.ReceiveBytes += n.ReceiveBytes
		net.TransmitBytes += n.TransmitBytes
	}
	return
}

// Line is a line of the table; before is an earlier row of the same container, or
// nil.
func (r *Row) Line(w io.Writer, before *Row) {
	s := r.Sample
	if s == nil {
		fmt.Fprintf(w, "%s\t%s\n", r.ID, r.Status)
		return
	}
	cpu, memory, limit, peak, pids := "-", "-", "-", "-", "-"
	if s.CPU != nil && before != nil && before.Sample != nil && before.Sample.CPU != nil {
		used := float64(s.CPU.Total - before.Sample.CPU.Total)
		cpu = strconv.FormatFloat(100*used/float64(max(1, r.At.Sub(before.At).Microseconds())), 'f', 1, 64)
	}
	if m := s.Memory; m != nil {
		memory, peak = Size(m.Working()), Size(m.Peak)
		if m.Limit > 0 {
			limit = Size(m.Limit)
		}
	}
	if s.Pids != nil {
		pids = strconv.FormatUint(s.Pids.Current, 10)
	}
	io, net := r.sums()
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\n", r.ID, r.Status, cpu, memory, limit, peak, pids,
		Size(io.ReadBytes), Size(io.WriteBytes), Size(net.ReceiveBytes), Size(net.TransmitBytes), s.OOMKills)
}

// Size is a number of bytes with three digits or so: 12.3M.
func Size(n uint64) string {
	if n < 1024 {
		return strconv.FormatUint(n, 10) + "B"
	}
	v, unit := float64(n), 0
	for v >= 1024 && unit < 5 {
		v /= 1024
		unit++
	}
	digits := 1
	if v >= 100 {
		digits = 0
	}
	return strconv.FormatFloat(v, 'f', digits, 64) + " KMGTP"[unit:unit+1]
}

// JSON is the row as a line without its end.
func (r *Row) JSON() []byte {
	m := map[string]any{
		"id": r.ID, "status": r.Status, "time": r.At.UTC().Format(time.RFC3339Nano), "health": r.Health, "restarts": r.Restarts,
	}
	if s := r.Sample; s != nil {
		m["oomKills"] = s.OOMKills
		m["files"] = map[string]uint64{"open": uint64(max(0, s.Files)), "limit": s.FileLimit}
		if c := s.CPU; c != nil {
			m["cpu"] = map[string]uint64{
				"usec": c.Total, "userUsec": c.User, "systemUsec": c.System, "periods": c.Periods, "throttled": c.Throttled,
				"throttledUsec": c.ThrottledTime, "quota": c.Quota, "period": c.Period,
			}
		}
		if x := s.Memory; x != nil {
			m["memory"] = map[string]uint64{
				"usage": x.Usage, "working": x.Working(), "peak": x.Peak, "limit": x.Limit, "swap": x.Swap, "cache": x.Cache, "rss": x.RSS, "failures": x.Failures,
			}
		}
		if p := s.Pids; p != nil {
			m["pids"] = map[string]uint64{"current": p.Current, "limit": p.Limit, "refused": p.Refused}
		}
		io, net := r.sums()
		m["io"] = map[string]uint64{"readBytes": io.ReadBytes, "writeBytes": io.WriteBytes}
		m["network"] = map[string]uint64{"receiveBytes": net.ReceiveBytes, "transmitBytes": net.TransmitBytes}
		pressure := map[string]any{}
		for kind, p := range s.Pressure {
			pressure[kind] = map[string]uint64{"someUsec": p.Some, "fullUsec": p.Full}
		}
		m["pressure"] = pressure
	}
	var w json.Writer
	w.Value(m)
	return w.Bytes()
}
