package main

import (
	"errors"
	"os"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/control"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/record"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// find reads who watches a container.
func find(c *tool.Call, id string) (*state.Entry, *record.Monitor, error) {
	root, err := state.Open(c.Root)
	if err != nil {
		return nil, nil, err
	}
	entry, err := root.Entry(id)
	if err != nil {
		return nil, nil, err
	}
	mon, err := record.ReadMonitor(entry.Dir())
	if os.IsNotExist(err) {
		return entry, nil, fail.New(fail.CodeStatus, "container has no monitor, need one that gt-mon run or gt-run --detach made")
	}
	return entry, mon, err
}

// dataOf is the directory of a container's monitor. While the container is made
// again its entry is not there, or not whole, and the monitor's announcement is.
func dataOf(c *tool.Call, id string) (string, error) {
	_, mon, err := find(c, id)
	if err == nil {
		return mon.Data, nil
	}
	if state.CheckID(id) != nil {
		return "", err
	}
	data := record.Place(c.Root, id)
	if data == "" {
		return "", err
	}
	// A monitor that was killed withdraws nothing.
	if _, gone := os.Lstat(data + "/" + control.Socket); gone != nil {
		return "", err
	}
	return data, nil
}

// question asks the monitor of a container.
func question(c *tool.Call, id, text string) ([]byte, error) {
	_, mon, err := find(c, id)
	if err != nil {
		return nil, err
	}
	out, err := control.Ask(mon.Data, text)
	if errors.Is(err, control.ErrGone) {
		return nil, gone(id)
	}
	return out, err
}

func gone(id string) error {
	return fail.New(fail.CodeStatus, "the monitor of the container is gone (gt-mon adopt %s takes it over)", id)
}
