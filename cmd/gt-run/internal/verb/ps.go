package verb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/roster"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// A listed container is a line of ps.
type listed struct {
	ID       string            `json:"id"`
	Status   string            `json:"status"`
	Text     string            `json:"text"`
	Pid      int               `json:"pid"`
	Root     string            `json:"rootfs"`
	Command  []string          `json:"command"`
	Created  string            `json:"created"`
	Health   string            `json:"health,omitempty"`
	Restarts int               `json:"restarts"`
	ExitCode *int              `json:"exitCode,omitempty"`
	Ports    string            `json:"ports,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`
}

func ps(o *tool.Options) func(*tool.Call) error {
	var all, latest bool
	v := &view{form: "table", last: -1}
	var filters []string
	o.Bool(&all, "all", 'a', "those that have ended too")
	o.Bool(&v.quiet, "quiet", 'q', "names only")
	o.Strings(&filters, "filter", 'f', "NAME=VALUE", "name, status, health, label")
	o.Bool(&v.whole, "no-trunc", 0, "whole commands")
	o.Int(&v.last, "last", 'n', "N", "the last made, ended or not")
	o.Bool(&latest, "latest", 'l', "the last one made, ended or not")
	o.String(&v.form, "format", 0, "FORM", "table, json, or a template as {{.ID}}")
	return func(c *tool.Call) error {
		if latest {
			v.last = 1
		}
		// Also where there is no container that would show them wrong.
		if _, err := matches(&listed{}, filters); err != nil {
			return err
		}
		if v.last < -1 {
			return fail.Usage("--last: have %d, need a number of containers", v.last)
		}
		r, err := containers(c)
		if err != nil {
			return err
		}
		list, err := r.List()
		if err != nil {
			return err
		}
		var rows []*listed
		for _, ct := range list {
			l := line(ct)
			keep, err := matches(l, filters)
			if err != nil {
				return err
			}
			if keep && (all || v.last >= 0 || ct.Live() || coming(ct) || hasFilter(filters, "status")) {
				rows = append(rows, l)
			}
		}
		return v.show(c, rows)
	}
}

// coming tells whether a container that has ended is to start again; its
// monitor lives a little longer in any case.
func coming(ct *roster.Container) bool {
	return watched(ct) && ct.Monitor.Phase != "ended"
}

// A view is how ps shows its rows.
type view struct {
	form         string
	quiet, whole bool
	last         int // -1: all
}

func (v *view) show(c *tool.Call, rows []*listed) error {
	if v.last >= 0 {
		slices.SortStableFunc(rows, func(a, b *listed) int { return strings.Compare(b.Created, a.Created) })
		rows = rows[:min(v.last, len(rows))]
	}
	if v.form != "table" && v.form != "json" && !v.quiet {
		text, err := lines(v.form, rows)
		if err != nil {
			return err
		}
		return c.Print(text)
	}
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	if !v.quiet && v.form == "table" {
		fmt.Fprintln(w, "NAME\tROOT\tCOMMAND\tCREATED\tSTATUS\tPORTS")
	}
	for _, l := range rows {
		switch {
		case v.quiet:
			fmt.Fprintln(w, l.ID)
		case v.form == "json":
			text, err := json.Marshal(l)
			if err != nil {
				return err
			}
			b.Write(append(text, '\n'))
		default:
			at, _ := time.Parse(time.RFC3339Nano, l.Created)
			width := 30
			if v.whole {
				width = 1 << 20
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", l.ID, l.Root, short(strings.Join(l.Command, " "), width), ago(at), l.Text, l.Ports)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return c.Print(b.Bytes())
}

// short keeps a table's cell in bounds, without what would move the cursor.
func short(text string, width int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	if r := []rune(text); len(r) > width {
		return string(r[:width-1]) + "…"
	}
	return text
}

func line(ct *roster.Container) *listed {
	l := &listed{ID: ct.ID, Status: string(ct.Status)}
	if ct.State != nil {
		l.Created, l.Labels = ct.State.Created, ct.State.Annotations
	}
	if ct.Live() {
		l.Pid = ct.State.Pid
		if frozen(ct) {
			l.Status = string(state.Paused)
		}
	}
	if s, err := ct.Spec(); err == nil {
		if s.Process != nil {
			l.Command = s.Process.Args
		}
		l.Root = s.Annotations[RootAnnotation]
		l.Ports = s.Annotations[PortsAnnotation]
		if l.Labels == nil {
			l.Labels = s.Annotations
		}
	}
	if m := ct.Monitor; m != nil {
		l.Health, l.Restarts = m.Health, m.Restarts
	}
	if ct.Exit != nil && !ct.Live() {
		l.ExitCode = &ct.Exit.Code
	}
	l.Text = words(l, ct)
	return l
}

// What gt-run notes in a config.json for ps.
const (
	RootAnnotation  = "io.gophertainer.rootfs"
	PortsAnnotation = "io.gophertainer.ports"
)

const restarting = "Restarting"

// words is the status as a person reads it.
func words(l *listed, ct *roster.Container) string {
	at, _ := time.Parse(time.RFC3339Nano, l.Created)
	switch {
	case ct.Live():
		text := "Up " + span(time.Since(at))
		if l.Status != string(state.Running) {
			text = strings.ToUpper(l.Status[:1]) + l.Status[1:]
		}
		if l.Health != "" {
			text += " (" + l.Health + ")"
		}
		if !watched(ct) && ct.Monitor != nil {
			text += " (no monitor)"
		}
		return text
	case watched(ct) && ct.Monitor.Phase == "waiting":
		return restarting
	case ct.Exit != nil:
		return fmt.Sprintf("Exited (%d) %s", ct.Exit.Code, ago(ct.Exit.Finished))
	}
	return "Exited"
}

func ago(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return span(time.Since(at)) + " ago"
}

func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
