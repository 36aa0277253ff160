package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/chain"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/keep"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/oneshot"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/lib/event"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// adjust starts all plugins at once, while gt-oci reads config.json, asks them in
// turn, and ends them after the answer is out: gt-oci goes on meanwhile.
func adjust(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		s := store.Open(c.Root)
		held, err := s.Snapshot(func(r *store.Record) bool { return store.AtCreate(r.Info.Type) })
		if err != nil {
			return err
		}
		set := oneshot.New(s)
		list := make([]*store.Entry, len(held))
		for i, h := range held {
			list[i] = h.Entry
			set.Begin(h.Entry)
		}
		chain.Order(list)
		err = answer(c, set, list)
		err = errors.Join(err, set.Close())
		for _, h := range held {
			h.Release()
		}
		return err
	}
}

// answer reads the request and prints the answer to it. Without a request gt-oci
// has found something wrong itself.
func answer(c *tool.Call, set *oneshot.Set, list []*store.Entry) error {
	line, err := plugin.NewLines(c.Stdin).Next()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return fail.New(fail.CodeInput, "stdin: %w", err)
	}
	r, err := plugin.DecodeRequest(line)
	if err != nil {
		return fail.New(fail.CodeInput, "stdin: %w", err)
	}
	in, err := plugin.DecodeSpecRequest(r.Params)
	if err != nil || r.Method != keep.MethodCreate {
		return fail.New(fail.CodeInput, "stdin: need a request %s with id, bundle and spec", keep.MethodCreate)
	}
	out, err := chain.Run(context.Background(), set, list, *in)
	return respond(c, r, out, err)
}

// respond prints the answer; what went wrong is in it, and in the event log.
func respond(c *tool.Call, r *plugin.Request, out *chain.Outcome, err error) error {
	a := plugin.Response{JSONRPC: "2.0", ID: r.ID}
	if err != nil {
		a.Error = keep.Wrap(err)
		note(c, err.Error())
	} else {
		if a.Result, err = json.Marshal(out); err != nil {
			return err
		}
		for _, w := range out.Warnings {
			note(c, w)
		}
	}
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return c.Print(append(b, '\n'))
}

func note(c *tool.Call, reason string) {
	if err := event.Append(c.Root, event.New("plugin.fail", "", "reason", reason)); err != nil {
		c.Warnf("append to the event log: %v", err)
	}
}
