package main

import (
	"errors"
	"os"
	"strconv"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/control"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/record"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/retry"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/settings"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/usage"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// first is the ID argument, "" to read states from stdin.
func first(c *tool.Call) string {
	if len(c.Args) == 0 {
		return ""
	}
	return c.Args[0]
}

// ending makes stop and restart.
func ending(word string) func(*tool.Options) func(*tool.Call) error {
	return func(o *tool.Options) func(*tool.Call) error {
		timeout := time.Duration(-1)
		o.Duration(&timeout, "timeout", 't', "TIME", "kill it after that")
		return func(c *tool.Call) error {
			ms := int64(-1)
			if timeout >= 0 {
				ms = timeout.Milliseconds()
			}
			return c.Each(first(c), func(in tool.Input) ([]byte, error) {
				if err := end(c, in.ID, word, ms); err != nil {
					return nil, err
				}
				if in.Raw == nil {
					return nil, nil
				}
				status := map[string]string{"stop": "stopped", "restart": "running"}[word]
				return tool.Merge(in.Raw, map[string]any{"status": status})
			})
		}
	}
}

// end stops or restarts a container. One that has ended for good is stopped, and
// is started again by its settings.
func end(c *tool.Call, id, word string, ms int64) error {
	ask := word + " " + strconv.FormatInt(ms, 10)
	// Asked first: while a container is made again its entry is not there, or not
	// whole.
	if _, there, err := direct(c, id, ask); there || err != nil {
		return err
	}
	entry, mon, err := find(c, id)
	if err != nil {
		return err
	}
	st, err := entry.ReadState()
	if err != nil {
		return err
	}
	status, err := entry.Status(st)
	if err != nil {
		return err
	}
	alive, err := mon.Alive()
	if err == nil && alive && mon.Phase == "ended" {
		alive, err = false, sys.Gone(mon.Pid) // it has told the end and is on its way out
	}
	switch {
	case err != nil:
		return err
	case alive || status != state.Stopped:
		_, err := control.Ask(mon.Data, ask)
		if errors.Is(err, control.ErrGone) {
			return gone(id)
		}
		return err
	case word == "stop":
		return nil
	}
	return launch(c, &birth{data: mon.Data, how: "--again"})
}

// direct asks the monitor that announced itself; there is false if none answers.
func direct(c *tool.Call, id, ask string) (out []byte, there bool, err error) {
	if err := state.CheckID(id); err != nil {
		return nil, false, err
	}
	data := record.Place(c.Root, id)
	if data == "" {
		return nil, false, nil
	}
	out, err = control.Ask(data, ask)
	if errors.Is(err, control.ErrGone) || errors.Is(err, os.ErrNotExist) {
		return nil, false, nil
	}
	return out, true, err
}

// status prints what is known of a container and its monitor.
func status(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		mon, alive, err := watcher(c, c.Args[0])
		if err != nil {
			return err
		}
		m := map[string]any{
			"id": c.Args[0], "monitor": mon.Pid, "monitored": alive, "phase": mon.Phase, "health": mon.Health,
			"restarts": mon.Restarts, "restart": mon.Policy, "data": mon.Data,
		}
		if text, err := os.ReadFile(mon.Data + "/" + record.ExitFile); err == nil {
			m["exit"] = raw(text)
		}
		var w json.Writer
		w.Value(m)
		return c.Print(append(json.Indent(w.Bytes()), '\n'))
	}
}

// watcher is who watches a container, as the state directory says, or the monitor
// itself while the container has no entry.
func watcher(c *tool.Call, id string) (*record.Monitor, bool, error) {
	_, mon, err := find(c, id)
	if err == nil {
		alive, err := mon.Alive()
		return mon, alive, err
	}
	text, there, failed := direct(c, id, "status")
	if !there || failed != nil {
		return nil, false, err
	}
	mon, err = record.ParseMonitor(text)
	if err == nil {
		mon.Data = record.Place(c.Root, id)
	}
	return mon, true, err
}

type raw []byte

// MarshalJSON returns what was JSON already.
func (r raw) MarshalJSON() ([]byte, error) {
	rd := json.NewReader(r)
	text := rd.Raw()
	return text, rd.End()
}

// wait prints the exit code of the container's last end.
func wait(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		// Asked first, as for stop.
		if out, there, err := direct(c, c.Args[0], "wait"); err != nil {
			return err
		} else if there {
			return printCode(c, out)
		}
		entry, mon, err := find(c, c.Args[0])
		if err != nil {
			return err
		}
		if alive, err := mon.Alive(); err == nil && alive {
			out, err := question(c, c.Args[0], "wait")
			if err == nil {
				return printCode(c, out)
			}
			if fail.Details(err).Code != fail.CodeStatus {
				return err
			}
		}
		out, err := os.ReadFile(entry.Path(record.ExitFile))
		if err != nil {
			return fail.New(fail.CodeStatus, "container has neither a monitor nor an exit record (gt-mon adopt %s takes it over)", c.Args[0])
		}
		return printCode(c, out)
	}
}

func printCode(c *tool.Call, text []byte) error {
	code := int64(-1)
	r := json.NewReader(text)
	r.Object(func(name string) {
		if name == "code" {
			code = r.Int(64)
		} else {
			r.Skip()
		}
	})
	if err := r.Err(); err != nil {
		return err
	}
	return c.Print([]byte(strconv.FormatInt(code, 10) + "\n"))
}

// adopt takes over containers whose monitor has died.
func adopt(o *tool.Options) func(*tool.Call) error {
	foreground := false
	o.Bool(&foreground, "foreground", 0, "stay, as a unit of systemd does (Type=notify)")
	return func(c *tool.Call) error {
		return c.Each(first(c), func(in tool.Input) ([]byte, error) {
			_, mon, err := find(c, in.ID)
			if err != nil {
				return nil, err
			}
			alive, err := mon.Alive()
			if err != nil {
				return nil, err
			}
			if alive {
				return nil, fail.New(fail.CodeStatus, "monitor %d is alive, need none", mon.Pid)
			}
			return in.Raw, launch(c, &birth{data: mon.Data, foreground: foreground, how: "--adopt"})
		})
	}
}

// boot starts again, after the machine has, what its policy says; and takes over
// what runs without a monitor.
func boot(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		root, err := state.Open(c.Root)
		if err != nil {
			return err
		}
		var failed error
		seen := map[string]bool{}
		list, err := root.List()
		if err != nil {
			return err
		}
		for _, e := range list {
			mon, err := record.ReadMonitor(e.Dir())
			if err != nil {
				continue
			}
			seen[mon.Data] = true
			if alive, err := mon.Alive(); err != nil || alive {
				continue
			}
			failed = worse(c, e.ID, failed, launch(c, &birth{data: mon.Data, how: "--adopt"}))
		}
		// The state directory is empty after a boot: the bundles tell.
		for _, data := range c.Args {
			if !seen[data] {
				failed = worse(c, data, failed, again(c, data))
			}
		}
		return failed
	}
}

func worse(c *tool.Call, what string, before, now error) error {
	if now == nil {
		return before
	}
	c.Warnf("%s: %v", what, now)
	return now
}

// again starts the container of a data directory if its policy says so.
func again(c *tool.Call, data string) error {
	s, err := settings.Read(data)
	if err != nil {
		return err
	}
	stopped := false
	if e, err := record.ReadExit(data); err == nil {
		stopped = e.Stopped
	}
	if s.Root != c.Root || !retry.AtBoot(s.Restart, stopped) {
		return nil
	}
	return launch(c, &birth{data: data})
}

// accountFor prints what a container used, also one that has ended, as long as
// it is not deleted.
func accountFor(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		root, err := state.Open(c.Root)
		if err != nil {
			return err
		}
		e, err := root.Entry(c.Args[0])
		if err != nil {
			return err
		}
		st, err := e.ReadState()
		if err != nil {
			return err
		}
		s := usage.Of(st).Read()
		x := &record.Exit{ID: e.ID}
		x.Account(s)
		return c.Print(append(x.Usage(), '\n'))
	}
}
