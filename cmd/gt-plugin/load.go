package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/feed"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/keep"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/sandbox"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/settings"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/trust"
	"github.com/gophertainer/gophertainer/lib/event"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/landlock"
	"github.com/gophertainer/gophertainer/lib/plugin"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// loader is one load.
type loader struct {
	finder
	grants, set        []string
	sha256             string
	required, optional bool
	all                bool
	timeout            time.Duration
	user               int
	call               *tool.Call
	store              *store.Store
}

func load(o *tool.Options) func(*tool.Call) error {
	l := &loader{timeout: store.DefaultTimeout, user: -1}
	l.declare(o)
	o.Strings(&l.grants, "grant", 0, "WHAT", "network, cap=NAME, path=DIR[:rw|:shared], limits or all")
	o.Strings(&l.set, "set", 0, "KEY=VALUE", "a member of the configuration")
	o.String(&l.sha256, "sha256", 0, "HASH", "refuse a file with another hash")
	o.Bool(&l.required, "required", 0, "fail operations that cannot ask it")
	o.Bool(&l.optional, "optional", 0, "skip it where it cannot be asked")
	o.Duration(&l.timeout, "timeout", 0, "TIME", "what a call may take")
	o.Int(&l.user, "user", 0, "UID", "run as this user instead of one of its own")
	o.Bool(&l.all, "all", 0, "load whatever is found and not disabled")
	return l.run
}

func (l *loader) run(c *tool.Call) error {
	l.call, l.store = c, store.Open(c.Root)
	if err := settings.Enabled(); err != nil {
		return err
	}
	switch {
	case l.required && l.optional:
		return fail.Usage("have --required and --optional, need one of them")
	case l.all == (len(c.Args) > 0):
		return fail.Usage("need names of plugins, or --all")
	case l.timeout <= 0:
		return fail.Usage("--timeout: have %v, need more than nothing", l.timeout)
	}
	names := c.Args
	if l.all {
		found, err := trust.List(settings.Directories(l.dirs))
		if err != nil {
			return err
		}
		for _, f := range found {
			if _, err := l.store.Get(f.Name); err != nil {
				names = append(names, f.Name)
			}
		}
	}
	return c.Objects(names, l.one)
}

// errDisabled: with --all that is no failure.
var errDisabled = fail.New(fail.CodePermission, "is disabled by its configuration")

func (l *loader) one(name string) error {
	file, policy, err := l.find(name)
	if err != nil {
		return err
	}
	if l.sha256 != "" && !strings.EqualFold(l.sha256, file.SHA256) {
		return fail.New(fail.CodePermission, "%s has SHA-256 %s, need %s", file.Path, file.SHA256, l.sha256)
	}
	change, err := l.store.Change()
	if err != nil {
		return err
	}
	defer change.Release()
	if err := sweep(l.store); err != nil {
		return err
	}
	uid, err := l.uid(name)
	if err != nil {
		return err
	}
	e, err := l.store.Stage(&store.Record{
		Name: name, Path: file.Path, Native: file.Native, SHA256: file.SHA256, SignedBy: file.SignedBy, Policy: policy,
		UID: uid, Timeout: l.timeout.String(), Loaded: time.Now().UTC().Format(time.RFC3339Nano),
	})
	if err != nil {
		return err
	}
	if err := l.stage(e, file); err != nil {
		err = errors.Join(err, sandbox.Unshare(e), os.RemoveAll(e.Dir), l.store.Tidy())
		if l.all && errors.Is(err, errDisabled) {
			return nil
		}
		return err
	}
	if err := event.Append(l.store.Root, event.New("plugin.load", name, "type", string(e.Info.Type), "sha256", file.SHA256)); err != nil {
		l.call.Warnf("append to the event log: %v", err)
	}
	return keep.Tell(l.store)
}

func (l *loader) stage(e *store.Entry, file *trust.File) error {
	if _, err := l.store.Get(e.Name); err == nil {
		return fail.New(fail.CodeExists, "is loaded, need gt-plugin unload %s first", e.Name)
	}
	if err := ask(l.store, e, file); err != nil {
		return err
	}
	if err := l.settle(e); err != nil {
		return err
	}
	if err := trial(l.store, e); err != nil {
		return err
	}
	if err := feed.Mark(l.store.Root, e); err != nil {
		return err
	}
	return l.store.Commit(e)
}

// settle decides what the plugin is configured with, granted and allowed.
func (l *loader) settle(e *store.Entry) error {
	if store.AtCreate(e.Info.Type) && e.Deadline() > store.CreatePatience {
		return fail.Usage("--timeout: have %v, need at most %v for what is asked at create", e.Deadline(), store.CreatePatience)
	}
	source := &settings.Sources{System: l.config, Set: l.set}
	config, enabled, err := source.Read(e.Name, &e.Info.Config)
	if err != nil {
		return err
	}
	if !enabled {
		return errDisabled
	}
	e.Config = config
	e.Required = l.required || e.Info.Type == plugin.PluginTypeSecurity && !l.optional
	if err := grant(e, l.grants); err != nil {
		return err
	}
	if len(e.Info.Needs.Capabilities) > 0 && l.user < 0 {
		e.UID = 0
		if err := os.Chown(e.File("data"), 0, 0); err != nil {
			return err
		}
	}
	if landlock.Version() == 0 {
		l.call.Warnf("the kernel has no Landlock: the plugin is held by its container alone")
	}
	for _, name := range []string{"memory", "pids"} {
		if !sandbox.Controller(name) {
			l.call.Warnf("the host has no cgroup controller %s: the plugin's limit does not hold", name)
		}
	}
	return nil
}

// trial starts the plugin with its configuration, and ends it again.
func trial(s *store.Store, e *store.Entry) error {
	if err := sandbox.Settle(e, &e.Info.Needs); err != nil {
		return err
	}
	if err := sandbox.Share(e, &e.Info.Needs); err != nil {
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
	if err := p.Ready(ctx); err != nil {
		return errors.Join(err, p.Kill())
	}
	return p.Finish(ctx)
}
