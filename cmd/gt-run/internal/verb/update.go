package verb

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strconv"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/limit"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/roster"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// limits are what update gives to gt-oci, in its units, and where config.json has
// them below /linux/resources.
type limits struct {
	restart string
	args    []string
	words   map[[2]string]string
}

// give is an option of gt-oci's for a member; word makes a value of its text.
func (l *limits) give(name, group, member string, word func(string) (string, error)) func(string) error {
	return func(text string) error {
		v, err := word(text)
		if err != nil {
			return err
		}
		l.args = append(l.args, "--"+name, v)
		l.words[[2]string{group, member}] = v
		return nil
	}
}

func plain(text string) (string, error) { return text, nil }

func size(unit limit.Unit) func(string) (string, error) {
	return func(text string) (string, error) {
		n, err := limit.Size(text, unit)
		return strconv.FormatInt(n, 10), err
	}
}

func quota(text string) (string, error) {
	n, err := limit.CPU(text)
	return strconv.FormatInt(n, 10), err
}

// update changes the limits and the restart policy of containers, and what their next start begins with.
func update(o *tool.Options) func(*tool.Call) error {
	l := &limits{words: map[[2]string]string{}}
	memory := func(name string, unit limit.Unit) func(string) error {
		return l.give(name, "memory", map[string]string{"memory": "limit", "memory-swap": "swap", "memory-reservation": "reservation"}[name], size(unit))
	}
	cpu := func(text string) error {
		if err := l.give("cpu-quota", "cpu", "quota", quota)(text); err != nil {
			return err
		}
		return l.give("cpu-period", "cpu", "period", plain)(strconv.Itoa(limit.Period))
	}
	pids := l.give("pids-limit", "pids", "limit", plain)
	o.String(&l.restart, "restart", 0, "POLICY", "no, on-failure[:N], always or unless-stopped")
	o.Func(memory("memory", limit.Megabytes), "mem", 0, "SIZE", "memory limit; a plain number counts megabytes")
	o.Func(memory("memory", limit.Bytes), "memory", 'm', "SIZE", "memory limit; a plain number counts bytes")
	o.Func(memory("memory-swap", limit.Bytes), "memory-swap", 0, "SIZE", "memory and swap")
	o.Func(memory("memory-reservation", limit.Bytes), "memory-reservation", 0, "SIZE", "soft limit")
	o.Func(cpu, "cpu", 0, "NUMBER", "processors")
	o.Func(cpu, "cpus", 0, "NUMBER", "processors")
	o.Func(l.give("cpu-share", "cpu", "shares", plain), "cpu-shares", 0, "NUMBER", "weight")
	o.Func(l.give("cpuset-cpus", "cpu", "cpus", plain), "cpuset-cpus", 0, "LIST", "processors by number")
	o.Func(l.give("cpuset-mems", "cpu", "mems", plain), "cpuset-mems", 0, "LIST", "memory nodes by number")
	o.Func(pids, "pids", 0, "NUMBER", "most processes and threads")
	o.Func(pids, "pids-limit", 0, "NUMBER", "most processes and threads")
	return func(c *tool.Call) error {
		if len(l.args) == 0 && l.restart == "" {
			return fail.Usage("have neither a limit nor --restart, need one")
		}
		return each(c, func(id string) error { return l.change(c, id) })
	}
}

// change is for a container that runs, and for the bundle of one that gt-run made; of
// one that is stopped, for the latter alone.
func (l *limits) change(c *tool.Call, id string) error {
	ct, err := find(c, id)
	if err != nil {
		return err
	}
	if l.restart != "" {
		if err := l.policy(c, ct); err != nil || len(l.args) == 0 {
			return err
		}
	}
	if !ct.Live() {
		return l.keep(ct)
	}
	if err := said(call(c, "gt-oci", append([]string{"update", id}, l.args...)...)); err != nil {
		return err
	}
	return l.keep(ct)
}

// keep is for the next start.
func (l *limits) keep(ct *roster.Container) error {
	b, err := bundle.Open(ct.Bundle)
	if errors.Is(err, fs.ErrNotExist) && ct.Live() {
		return nil // one that gt-run has not made
	}
	if err != nil {
		return err
	}
	defer b.Close()
	text, err := os.ReadFile(b.File("config.json"))
	if err != nil {
		return err
	}
	if text, err = l.edit(text); err != nil {
		return err
	}
	return b.Replace("config.json", text)
}

// policy is the monitor's, also of one that is not there now. It comes before the
// limits, since it can be wrong.
func (l *limits) policy(c *tool.Call, ct *roster.Container) error {
	args := []string{"update", "--restart", l.restart}
	switch {
	case ct.Monitor != nil:
		return said(call(c, "gt-mon", append(args, ct.ID)...))
	case ct.State != nil:
		return foreground(ct)
	}
	return said(call(c, "gt-mon", append(args, "--data", ct.Bundle+"/mon")...))
}

// edit puts the limits into a config.json and leaves all else as it is.
func (l *limits) edit(text []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var spec map[string]any
	if err := d.Decode(&spec); err != nil {
		return nil, err
	}
	resources := inside(inside(spec, "linux"), "resources")
	for at, word := range l.words {
		var v any = json.Number(word)
		if at[1] == "cpus" || at[1] == "mems" {
			v = word
		}
		inside(resources, at[0])[at[1]] = v
	}
	return json.MarshalIndent(spec, "", "\t")
}

// inside is an object of an object, made if it is not there.
func inside(m map[string]any, name string) map[string]any {
	in, ok := m[name].(map[string]any)
	if !ok {
		in = map[string]any{}
		m[name] = in
	}
	return in
}
