package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/keep"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/sandbox"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/lib/event"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func unload(o *tool.Options) func(*tool.Call) error {
	timeout := 30 * time.Second
	o.Duration(&timeout, "timeout", 't', "TIME", "wait that long for calls under way")
	return func(c *tool.Call) error {
		s := store.Open(c.Root)
		return c.Objects(c.Args, func(name string) error { return unloadOne(c, s, name, timeout) })
	}
}

// unloadOne: out of the set first, so that no new call begins; then wait for
// those that have begun, and for serve; then nothing of it is left.
func unloadOne(c *tool.Call, s *store.Store, name string, timeout time.Duration) error {
	if _, err := s.Get(name); err != nil {
		return err
	}
	change, err := s.Change()
	if err != nil {
		return err
	}
	defer change.Release()
	e, err := s.Get(name)
	if err != nil {
		return err
	}
	if err := s.Withdraw(e); err != nil {
		return err
	}
	if err := keep.Tell(s); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := s.Drain(ctx, e); err != nil {
		return err
	}
	if err := errors.Join(sandbox.Unshare(e), os.RemoveAll(e.Dir), sweep(s), s.Tidy()); err != nil {
		return err
	}
	if err := event.Append(s.Root, event.New("plugin.unload", name)); err != nil {
		c.Warnf("append to the event log: %v", err)
	}
	return nil
}
