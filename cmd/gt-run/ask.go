package main

import (
	"fmt"
	"os"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/account"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/config"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/environ"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/limit"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/volume"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/words"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// A wish is a checked command line: what can be known before anything is made.
type wish struct {
	config.Ask
	id     string
	source source
	user   *account.Asked
	rm     bool // remove container and bundle at the end
}

// carried are the caller's variables that a command from the host's root
// cannot well do without; any other may be a secret.
var carried = []string{
	"PATH", "TERM", "TZ", "LANG", "LANGUAGE", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_MESSAGES", "LC_MONETARY", "LC_NUMERIC", "LC_TIME",
}

// ask checks every option that can be checked by itself.
func (o *options) ask() (*wish, error) {
	w := &wish{id: o.Name, rm: o.Rm || o.Name == "" && !o.Detach}
	if w.id == "" {
		w.id = bundle.RandomName()
	}
	if err := bundle.CheckName(w.id); err != nil {
		return nil, err
	}
	var err error
	if w.source, err = find(o.Rootfs); err != nil {
		return nil, err
	}
	w.Hostname = w.id
	if o.Hostname != nil {
		w.Hostname = *o.Hostname
	}
	w.Terminal, w.Cwd, w.ReadOnly, w.NoNewPrivs = o.TTY, o.Workdir, o.ReadOnly, o.NoNewPrivs
	w.Root, w.Host, w.HostNetwork = w.source.inPlace(), w.source.kind == kindHost, o.Net == "host"
	for _, step := range []func(*wish) error{o.command, o.environment, o.limits, o.volumes, o.identity} {
		if err := step(w); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (o *options) command(w *wish) (err error) {
	w.Args = o.Command
	if o.Cmd != nil {
		if w.Args, err = words.Split(*o.Cmd); err != nil {
			return fail.Usage("--cmd: %w", err)
		}
	}
	if len(w.Args) == 0 && o.Cmd == nil && o.Interactive {
		w.Args = []string{"/bin/sh"}
	}
	if len(w.Args) == 0 || w.Args[0] == "" {
		return fail.Usage("have no command, need one after the options or --cmd")
	}
	return nil
}

func (o *options) environment(w *wish) (err error) {
	w.Environ = os.Environ()
	if w.Host {
		w.Keep = carried
	}
	w.Env, err = environ.Collect(o.EnvFile, o.Env, w.Environ)
	return err
}

func (o *options) limits(w *wish) (err error) {
	if o.Mem != "" {
		if w.Memory, err = limit.Memory(o.Mem); err != nil {
			return fail.Usage("--mem: %w", err)
		}
	}
	if o.CPU != "" {
		if w.CPU, err = limit.CPU(o.CPU); err != nil {
			return fail.Usage("--cpu: %w", err)
		}
	}
	if o.Pids != nil {
		w.Pids = *o.Pids
	}
	return nil
}

func (o *options) volumes(w *wish) error {
	dir, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find working directory: %w", err)
	}
	for _, text := range o.Volume {
		m, err := volume.Parse(text, dir)
		if err != nil {
			return fail.Usage("--volume: %w", err)
		}
		for _, other := range w.Volumes {
			if other.Destination == m.Destination {
				return fail.Usage("--volume: %s is there twice", m.Destination)
			}
		}
		w.Volumes = append(w.Volumes, m)
	}
	return nil
}

// identity decides who the command is: root with what the caller can give him,
// or root in a user namespace.
func (o *options) identity(w *wish) (err error) {
	w.User.Home = "/root"
	if o.User != nil {
		asked, err := account.Parse(*o.User)
		if err != nil {
			return fail.Usage("--user: %w", err)
		}
		w.user = &asked
	}
	if os.Geteuid() != 0 {
		w.Rootless = &config.IDs{UID: os.Geteuid(), GID: os.Getegid()}
		w.Capabilities = config.Usual() // a new user namespace grants them all
		return nil
	}
	w.Capabilities, err = config.Granted()
	return err
}
