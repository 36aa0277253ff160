package container

import (
	"bytes"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/spec"
)

// denied is gt-plugin's code for a security plugin's no (docs/plugins.md).
const denied = -32001

// plugins takes the answer to what was asked: runtime plugins may have changed
// config.json, security plugins allow, deny or tighten it, before anything is
// made. Whatever goes wrong here fails the create: which plugin may be skipped is
// gt-plugin's to decide.
func (c *creation) plugins() error {
	line, err := c.asked.answer()
	if err != nil {
		return fail.New(fail.CodeHook, "ask gt-plugin: %w", err)
	}
	if line == nil {
		return nil
	}
	changed, err := c.pluginAnswer(line)
	if err != nil || changed == nil {
		return err
	}
	if c.spec, err = spec.Decode(changed); err == nil {
		err = spec.Check(c.spec)
	}
	if err == nil {
		err = c.lacks()
	}
	if err != nil {
		return fail.New(fail.CodeHook, "config.json as plugins have left it: %w", err)
	}
	c.raw = changed
	return c.checkTerminal()
}

// ask sends config.json as it was read, so that plugins look at it while we do.
// What is no JSON could go on behind the request that it stands in; it is not
// sent, and will be refused by its place.
func (c *creation) ask(id string) error {
	if c.asked == nil {
		return nil
	}
	if err := c.finish(); err != nil {
		return err
	}
	text := json.NewReader(c.raw)
	text.Skip()
	if text.End() != nil {
		return nil
	}
	if err := c.asked.send(c.pluginRequest(id)); err != nil {
		return fail.New(fail.CodeHook, "ask gt-plugin: %w", err)
	}
	return nil
}

// pluginRequest is a JSON-RPC line. A line end within config.json can only
// stand between its tokens.
func (c *creation) pluginRequest(id string) []byte {
	text := bytes.Map(func(r rune) rune {
		if r == '\n' || r == '\r' {
			return ' '
		}
		return r
	}, c.raw)
	w := &json.Writer{}
	w.Object()
	w.Name("jsonrpc")
	w.String("2.0")
	w.Name("id")
	w.Int(1)
	w.Name("method")
	w.String("create")
	w.Name("params")
	w.Object()
	w.Name("id")
	w.String(id)
	w.Name("bundle")
	w.String(c.o.Bundle)
	w.Name("spec")
	w.Raw(text)
	w.EndObject()
	w.EndObject()
	w.Line()
	return w.Bytes()
}

// pluginAnswer returns the changed config.json, nil if it is the old one.
func (c *creation) pluginAnswer(line []byte) (changed []byte, err error) {
	r := json.NewReader(line)
	answered, code, message := false, int64(0), ""
	r.Object(func(name string) {
		switch name {
		case "result":
			answered = true
			r.Object(func(name string) {
				switch name {
				case "spec":
					changed = r.Raw()
				case "warnings":
					r.Array(func(int) { c.rt.Warn("%s", r.String()) })
				}
			})
		case "error":
			r.Object(func(name string) {
				switch name {
				case "code":
					code = r.Int(64)
				case "message":
					message = r.String()
				}
			})
		}
	})
	switch err := r.End(); {
	case err != nil:
		return nil, fail.New(fail.CodeHook, "answer of gt-plugin: %w", err)
	case code == denied:
		return nil, fail.New(fail.CodePermission, "%s", message)
	case code != 0 || !answered:
		return nil, fail.New(fail.CodeHook, "plugins: %s", message)
	}
	return changed, nil
}
