package verb

import (
	"encoding/json"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/roster"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func start(o *tool.Options) func(*tool.Call) error {
	attach, interactive := false, false
	o.Bool(&attach, "attach", 'a', "stay attached to its output, pass signals on, and return its code")
	o.Bool(&interactive, "interactive", 'i', "the same, and pass stdin on")
	return func(c *tool.Call) error {
		if attach || interactive {
			return startAttached(c, interactive)
		}
		return each(c, func(id string) error {
			ct, err := find(c, id)
			if err != nil || ct.Live() {
				return err
			}
			return again(c, ct)
		})
	}
}

// startAttached is for one container: two could not have one terminal, nor one code.
func startAttached(c *tool.Call, interactive bool) error {
	if len(c.Args) != 1 {
		return fail.Usage("--attach or --interactive: have %d containers, need one", len(c.Args))
	}
	ct, err := find(c, c.Args[0])
	if err != nil {
		return err
	}
	var more []string
	if !interactive {
		more = []string{"--no-stdin"}
	}
	if ct.Live() || coming(ct) {
		return become(c, "gt-mon", append([]string{"attach", ct.ID}, more...)...)
	}
	data, err := prepared(c, ct)
	if err != nil {
		return err
	}
	return become(c, "gt-mon", append([]string{"start", "--attach", data}, more...)...)
}

// prepared is the data of the monitor of a container that has ended, whose root is
// there.
func prepared(c *tool.Call, ct *roster.Container) (string, error) {
	switch {
	case ct.Monitor != nil:
		return ct.Monitor.Data, nil
	case ct.State != nil:
		return "", foreground(ct)
	}
	return ct.Bundle + "/mon", readied(c, ct)
}

// again starts a container that has ended: by its monitor's settings.
func again(c *tool.Call, ct *roster.Container) error {
	if ct.State == nil && watched(ct) {
		// It may be about to be there: the answer comes when it is.
		text, err := call(c, "gt-mon", "status", ct.ID)
		var now roster.Monitor
		if err == nil {
			err = json.Unmarshal(text, &now)
		}
		if err != nil || now.Phase == "running" {
			return err
		}
	}
	if ct.Monitor != nil {
		return said(call(c, "gt-mon", "restart", ct.ID))
	}
	data, err := prepared(c, ct)
	if err != nil {
		return err
	}
	return said(call(c, "gt-mon", "start", data))
}

func foreground(ct *roster.Container) error {
	return fail.New(fail.CodeStatus, "container %s ran in the foreground, need one that gt-run --detach made", ct.ID)
}
