package main

import (
	"context"
	"errors"
	"hash/fnv"
	"os"
	"slices"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/sandbox"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/trust"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
)

// ask fills in what the plugin says of itself, in a sandbox that grants
// nothing.
func ask(s *store.Store, e *store.Entry, file *trust.File) error {
	if err := sandbox.Stage(e, file.Bytes); err != nil {
		return err
	}
	if err := sandbox.Settle(e, &plugin.PluginNeeds{}); err != nil {
		return err
	}
	log := e.Log()
	defer log.Close()
	p, err := sandbox.Start(s, e, log)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), max(e.Deadline(), store.DefaultTimeout))
	defer cancel()
	err = p.Explain(p.Call(ctx, plugin.MethodInfo, nil, &e.Info))
	if err = errors.Join(err, p.Kill()); err != nil {
		return fail.New("", "%w%s", err, lastWords(e))
	}
	return check(e)
}

// lastWords is the end of the plugin's log, for the case that it has said why.
func lastWords(e *store.Entry) string {
	b, err := os.ReadFile(e.File("log"))
	if err != nil || len(b) == 0 {
		return ""
	}
	if len(b) > 500 {
		b = b[len(b)-500:]
	}
	return ": it said: " + oneLine(b)
}

// check refuses an info that makes no sense.
func check(e *store.Entry) error {
	i := &e.Info
	switch {
	case i.Protocol != plugin.Version:
		return fail.New(fail.CodeInput, "info: /protocol: have %d, need %d", i.Protocol, plugin.Version)
	case i.Name != e.Name:
		return fail.New(fail.CodeInput, "info: /name: have %q, need %q as the file is called", i.Name, e.Name)
	case !slices.Contains(plugin.PluginTypes(), i.Type):
		return fail.New(fail.CodeInput, "info: /type: have %q, need one of %v", i.Type, plugin.PluginTypes())
	case i.Version == "":
		return fail.New(fail.CodeInput, "info: /version: have nothing, need one")
	}
	if err := i.Config.Check(); err != nil {
		return fail.New(fail.CodeInput, "info: %w", err)
	}
	return nil
}

// uid is a user of the plugin's own: from the range that systemd calls dynamic,
// none that another loaded plugin has.
func (l *loader) uid(name string) (uint32, error) {
	if l.user >= 0 {
		return uint32(l.user), nil
	}
	list, err := l.store.List()
	if err != nil {
		return 0, err
	}
	return freeUID(name, list), nil
}

func freeUID(name string, list []*store.Entry) uint32 {
	const first, count = 61184, 4336
	h := fnv.New32a()
	h.Write([]byte(name))
	for at := h.Sum32() % count; ; at = (at + 1) % count {
		if !slices.ContainsFunc(list, func(e *store.Entry) bool { return e.UID == first+at }) {
			return first + at
		}
	}
}

// sweep removes what a killed gt-plugin has left. The caller holds Change.
func sweep(s *store.Store) error {
	left, err := s.Leftovers()
	for _, dir := range left {
		err = errors.Join(err, sandbox.Unshare(&store.Entry{Dir: dir}), os.RemoveAll(dir))
	}
	return errors.Join(err, sandbox.Sweep(s))
}
