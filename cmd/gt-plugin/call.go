package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/chain"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/keep"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/oneshot"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// own are the methods by which gt-plugin leads a plugin through its life.
var own = []string{plugin.MethodInitialize, plugin.MethodStart, plugin.MethodStop, plugin.MethodCleanup}

func call(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		params, err := params(c)
		if err != nil {
			return err
		}
		if c.Args[1] == "" {
			return fail.Usage("method is empty, need one")
		}
		if slices.Contains(own, c.Args[1]) {
			return fail.Usage("method %s is gt-plugin's own", c.Args[1])
		}
		s := store.Open(c.Root)
		held, err := choose(s, c.Args[0])
		if err != nil {
			return err
		}
		asker, end, err := reach(s)
		if err != nil {
			return err
		}
		many := strings.HasPrefix(c.Args[0], "@")
		var failed error
		for _, h := range held {
			result, err := callOne(asker, h.Entry, c.Args[1], params)
			var line []byte
			if err == nil {
				line, err = answerLine(h.Name, result, many)
			}
			if err == nil {
				err = c.Print(line)
			}
			if err != nil && (!many || h.Required) {
				e := &fail.Error{Code: codeOf(err), Cause: err}
				if many {
					e.Op = "plugin " + h.Name
				}
				failed = errors.Join(failed, e)
			} else if err != nil {
				c.Warnf("plugin %s was skipped: %v", h.Name, err)
			}
		}
		err = end()
		for _, h := range held {
			h.Release()
		}
		return errors.Join(failed, err)
	}
}

// codeOf keeps a code that says more than that a plugin has failed.
func codeOf(err error) fail.Code {
	if d := fail.Details(err).Code; d != fail.CodeSystem {
		return d
	}
	return fail.CodeHook
}

func params(c *tool.Call) (map[string]any, error) {
	if len(c.Args) < 3 {
		return map[string]any{}, nil
	}
	text := []byte(c.Args[2])
	if c.Args[2] == "-" {
		var err error
		if text, err = io.ReadAll(io.LimitReader(c.Stdin, plugin.MaxMessage)); err != nil {
			return nil, err
		}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	all := map[string]any{}
	if err := d.Decode(&all); err != nil || d.More() {
		return nil, fail.New(fail.CodeInput, "params: need a JSON object")
	}
	return all, nil
}

// choose holds a plugin by its name, or by @TYPE all of a type, maybe none.
func choose(s *store.Store, word string) ([]*store.Held, error) {
	kind, many := strings.CutPrefix(word, "@")
	if !many {
		h, err := s.Hold(word)
		return []*store.Held{h}, err
	}
	if !slices.Contains(plugin.PluginTypes(), plugin.PluginType(kind)) {
		return nil, fail.Usage("have type %q, need one of %v", kind, plugin.PluginTypes())
	}
	return s.Snapshot(func(r *store.Record) bool { return r.Info.Type == plugin.PluginType(kind) })
}

// reach finds serve, or starts plugins itself.
func reach(s *store.Store) (chain.Asker, func() error, error) {
	c, err := keep.Dial(s)
	if err != nil {
		return nil, nil, err
	}
	if c != nil {
		return c, func() error { c.Close(); return nil }, nil
	}
	set := oneshot.New(s)
	return set, set.Close, nil
}

func callOne(asker chain.Asker, e *store.Entry, method string, params map[string]any) (result json.RawMessage, err error) {
	own := map[string]any{}
	for k, v := range params {
		own[k] = v
	}
	undo, err := translate(e, own)
	if err != nil {
		return nil, err
	}
	// Its own deadline is within the asker; this one is for serve itself.
	ctx, cancel := context.WithTimeout(context.Background(), e.Deadline()+time.Second)
	defer cancel()
	result, err = asker.Ask(ctx, e, method, own)
	return result, errors.Join(err, undo())
}

// answerLine is a result as one line; of many plugins each says whose it is.
func answerLine(name string, result json.RawMessage, many bool) ([]byte, error) {
	if len(result) == 0 {
		result = json.RawMessage("null")
	}
	var b bytes.Buffer
	if err := json.Compact(&b, result); err != nil {
		return nil, err
	}
	if !many {
		if b.String() == "null" {
			return nil, nil
		}
		return append(b.Bytes(), '\n'), nil
	}
	line, err := json.Marshal(struct {
		Plugin string          `json:"plugin"`
		Result json.RawMessage `json:"result"`
	}{name, b.Bytes()})
	return append(line, '\n'), err
}
