package container

import (
	"bytes"
	"errors"
	"path/filepath"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/spec"
)

// denied is gt-plugin's code for a security plugin's no (docs/plugins.md).
const denied = -32001

// errOther is an answer that changes what the process was born with.
var errOther = errors.New("plugins have changed what the process was born with")

// ask settles config.json but for what plugins say, who are asked as early as can
// be: config.json goes to them as it was read, and they look at it while we do.
func (c *creation) ask(id string) (err error) {
	if c.asked, err = c.rt.inquire(); err != nil {
		return err
	}
	if c.o.Spec != nil {
		c.o.Bundle = filepath.Join(c.rt.Root, id) // the entry
	}
	if err := c.load(); err != nil {
		return err
	}
	if err := c.question(id); err != nil {
		return err
	}
	return c.check()
}

// question sends it. What is no JSON could go on behind the request that it
// stands in; it is not sent, and will be refused by its place.
func (c *creation) question(id string) error {
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

// plugins takes the answer: runtime plugins may have changed config.json, security
// plugins allow, deny or tighten it. Whatever goes wrong here fails the create:
// which plugin may be skipped is gt-plugin's to decide.
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

// presumes tells whether the answer may be waited for beside the birth: until it
// is in, the process waits for its plan, and nothing of config.json has happened
// but namespaces and a group. A group that begins with limits has to know them.
func (c *creation) presumes() bool {
	return c.asked != nil && !c.rt.Systemd && !c.rt.NoCgroup && !c.o.Lean && !tight(c.spec.Linux.Resources)
}

// approve takes the answer beside the birth.
func (c *creation) approve() error {
	before := c.spec
	if err := c.plugins(); err != nil || c.spec == before {
		return err
	}
	if tight(c.spec.Linux.Resources) || !bytes.Equal(c.mould(before), c.mould(c.spec)) {
		return errOther
	}
	c.changed = true
	return nil
}

// mould is what a process is born with, and its group.
func (c *creation) mould(s *specs.Spec) []byte {
	l, p := s.Linux, &specs.Process{OOMScoreAdj: s.Process.OOMScoreAdj}
	if c.set.Creates(unix.CLONE_NEWUSER) { // limits are the parent's to set
		p.Rlimits = s.Process.Rlimits
	}
	text := spec.Encode(&specs.Spec{Process: p, Linux: &specs.Linux{
		Namespaces: l.Namespaces, CgroupsPath: l.CgroupsPath, TimeOffsets: l.TimeOffsets,
		UIDMappings: l.UIDMappings, GIDMappings: l.GIDMappings,
	}})
	if uid, given := c.owner(s); given {
		text = strconv.AppendInt(text, int64(uid), 10)
	}
	return text
}

// again is the creation of the container as plugins have left it, after one that
// did not know of that.
func (c *creation) again() *creation {
	c.close()
	c.takeBack()
	return &creation{rt: c.rt, o: c.o, gate: -1, netns: -1, spec: c.spec, raw: c.raw}
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
