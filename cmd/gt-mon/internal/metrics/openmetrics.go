package metrics

import (
	"os"
	"sort"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/usage"
	"github.com/gophertainer/gophertainer/lib/event"
)

// A family is one metric and how to read it from a row. A counter's samples end
// in _total (OpenMetrics 1.0, "Counter").
type family struct {
	name, kind, help string
	read             func(r *Row, put func(v float64, labels ...string))
}

const micro = 1e-6

// A Log is what the event log adds up to, by type. Only events that took a time
// worth knowing, as checkpoint and restore, have seconds.
type Log struct {
	Count   map[string]int
	Seconds map[string]float64
}

// OpenMetrics is the text form of all rows, and of the events by type.
func OpenMetrics(rows []*Row, events Log) []byte {
	var b []byte
	for _, f := range families {
		var body []byte
		suffix := ""
		if f.kind == "counter" {
			suffix = "_total"
		}
		for _, r := range rows {
			f.read(r, func(v float64, labels ...string) {
				body = append(append(append(body, f.name...), suffix...), '{')
				body = append(label(body, "name", r.ID), `,id="/`+r.ID+`"`...)
				for i := 0; i+1 < len(labels); i += 2 {
					body = label(append(body, ','), labels[i], labels[i+1])
				}
				body = strconv.AppendFloat(append(body, '}', ' '), v, 'f', -1, 64)
				body = append(body, '\n')
			})
		}
		if len(body) > 0 {
			b = append(head(b, f.name, f.kind, f.help), body...)
		}
	}
	b = statuses(b, rows)
	if len(events.Count) > 0 {
		b = head(b, "gophertainer_events", "counter", "Events in the log, by type.")
		for _, kind := range sorted(events.Count) {
			b = append(label(append(b, "gophertainer_events_total{"...), "type", kind), "} "...)
			b = append(strconv.AppendInt(b, int64(events.Count[kind]), 10), '\n')
		}
	}
	if len(events.Seconds) > 0 {
		b = head(b, "gophertainer_event_seconds", "counter", "Time that events of the log took, by type.")
		for _, kind := range sorted(events.Seconds) {
			b = append(label(append(b, "gophertainer_event_seconds_total{"...), "type", kind), "} "...)
			b = append(strconv.AppendFloat(b, events.Seconds[kind], 'f', -1, 64), '\n')
		}
	}
	return append(b, "# EOF\n"...)
}

func head(b []byte, name, kind, help string) []byte {
	return append(b, "# TYPE "+name+" "+kind+"\n# HELP "+name+" "+help+"\n"...)
}

var escape = strings.NewReplacer("\\", `\\`, "\"", `\"`, "\n", `\n`)

func label(b []byte, name, value string) []byte {
	return append(append(append(append(b, name...), `="`...), escape.Replace(value)...), '"')
}

// statuses counts the containers of each.
func statuses(b []byte, rows []*Row) []byte {
	count := map[string]int{}
	for _, r := range rows {
		count[r.Status]++
	}
	b = head(b, "gophertainer_containers", "gauge", "Containers, by status.")
	for _, status := range []string{"creating", "created", "running", "paused", "stopped"} {
		b = append(label(append(b, "gophertainer_containers{"...), "status", status), "} "...)
		b = append(strconv.AppendInt(b, int64(count[status]), 10), '\n')
	}
	return b
}

// Events adds up the log of events.
func Events(root string) Log {
	list, err := event.Read(root)
	if err != nil && !os.IsNotExist(err) {
		return Log{}
	}
	log := Log{Count: map[string]int{}, Seconds: map[string]float64{}}
	for _, e := range list {
		log.Count[e.Type]++
		if v, err := strconv.ParseFloat(e.Data["seconds"], 64); err == nil {
			log.Seconds[e.Type] += v
		}
	}
	return log
}

// of makes a reader of a part of the sample that may be missing.
func cpu(f func(c *usage.CPU) uint64, unit float64) func(*Row, func(float64, ...string)) {
	return func(r *Row, put func(float64, ...string)) {
		if r.Sample != nil && r.Sample.CPU != nil {
			put(float64(f(r.Sample.CPU)) * unit)
		}
	}
}

func memory(f func(m *usage.Memory) uint64) func(*Row, func(float64, ...string)) {
	return func(r *Row, put func(float64, ...string)) {
		if r.Sample != nil && r.Sample.Memory != nil {
			put(float64(f(r.Sample.Memory)))
		}
	}
}

func disk(f func(d *usage.IO) uint64) func(*Row, func(float64, ...string)) {
	return func(r *Row, put func(float64, ...string)) {
		if r.Sample == nil {
			return
		}
		for _, name := range sorted(r.Sample.IO) {
			put(float64(f(r.Sample.IO[name])), "device", name)
		}
	}
}

func network(f func(n *usage.Net) uint64) func(*Row, func(float64, ...string)) {
	return func(r *Row, put func(float64, ...string)) {
		if r.Sample == nil {
			return
		}
		for _, name := range sorted(r.Sample.Net) {
			put(float64(f(r.Sample.Net[name])), "interface", name)
		}
	}
}

func pressure(kind string, f func(p *usage.Pressure) uint64) func(*Row, func(float64, ...string)) {
	return func(r *Row, put func(float64, ...string)) {
		if r.Sample != nil && r.Sample.Pressure[kind] != nil {
			put(float64(f(r.Sample.Pressure[kind])) * micro)
		}
	}
}

func sorted[T any](m map[string]T) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
