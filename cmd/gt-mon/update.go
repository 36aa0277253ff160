package main

import (
	"errors"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/control"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/settings"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// update changes the restart policy: through the monitor if one lives, else for the
// next one.
func update(o *tool.Options) func(*tool.Call) error {
	restart, data := "", ""
	o.String(&restart, "restart", 0, "POLICY", "no, on-failure[:N], always or unless-stopped")
	o.String(&data, "data", 0, "DIR", "the monitor's directory, where the container is gone")
	return func(c *tool.Call) (err error) {
		switch {
		case restart == "":
			return fail.Usage("have no --restart, need one")
		case data == "" && len(c.Args) == 0:
			return fail.Usage("have neither ID nor --data, need one of them")
		case data != "" && len(c.Args) > 0:
			return fail.Usage("ID and --data are both there, need one of them")
		case data == "":
			data, err = dataOf(c, c.Args[0])
		}
		if err != nil {
			return err
		}
		if _, err := settings.ParseRestart(restart); err != nil {
			return err
		}
		_, err = control.Ask(data, "policy "+restart)
		if errors.Is(err, control.ErrGone) {
			err = later(c, data, restart)
		}
		return err
	}
}

// later changes the settings that nobody follows now.
func later(c *tool.Call, data, restart string) error {
	lock, s, err := lockData(data)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := s.SetRestart(restart); err != nil {
		return err
	}
	entry, mon, err := find(c, s.ID)
	switch fail.Details(err).Code {
	case fail.CodeNoSuch, fail.CodeStatus:
		return nil // no entry is left that tells of the last monitor
	}
	if err != nil {
		return err
	}
	mon.Policy = s.Restart.Policy
	return mon.Write(entry.Dir())
}
