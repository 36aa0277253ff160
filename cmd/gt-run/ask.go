package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/account"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/config"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/environ"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/sibling"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/verb"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/volume"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/words"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// A wish is a checked command line: what can be known before anything is made.
type wish struct {
	config.Ask
	id        string
	source    source
	user      *account.Asked
	groups    []account.Group
	root      string // state directory, "" for the default one
	hostnamed bool
	ofImage   bool // the command is the image's
	sockets   int  // of systemd, from descriptor 3 on
	rm        bool // remove container and bundle at the end
}

// carried are the caller's variables that a command from the host's root
// cannot well do without; any other may be a secret.
var carried = []string{
	"PATH", "TERM", "TZ", "LANG", "LANGUAGE", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_MESSAGES", "LC_MONETARY", "LC_NUMERIC", "LC_TIME",
}

// ask checks every option that can be checked by itself.
func (o *options) ask() (*wish, error) {
	root, err := stateRoot(o)
	if err != nil {
		return nil, err
	}
	w := &wish{root: root, hostnamed: o.Hostname != nil, id: o.Name, rm: o.Rm || o.Name == "" && !o.Detach}
	if w.id == "" {
		w.id = bundle.RandomName()
	}
	if err := bundle.CheckName(w.id); err != nil {
		return nil, err
	}
	if w.source, err = find(o.Rootfs); err != nil {
		return nil, err
	}
	w.Hostname = w.id
	if o.Hostname != nil {
		w.Hostname = *o.Hostname
	}
	w.Terminal, w.Cwd, w.ReadOnly, w.NoNewPrivs = o.TTY, o.Workdir, o.ReadOnly, o.NoNewPrivs
	w.Root, w.Host = w.source.inPlace(), w.source.kind == kindHost
	for _, step := range []func(*wish) error{o.command, o.environment, o.activation, o.Resources.apply, o.volumes, o.identity, o.Security.apply, o.Network.apply, o.reaper, o.notes} {
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
	if o.Entrypoint != nil {
		before, err := words.Split(*o.Entrypoint)
		if err != nil {
			return fail.Usage("--entrypoint: %w", err)
		}
		w.Args = append(before, w.Args...)
	}
	w.KeepImage = w.source.kind == kindArchive
	if len(w.Args) == 0 && w.KeepImage && o.Cmd == nil && !o.Interactive {
		w.ofImage = true
		return nil
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

func (o *options) volumes(w *wish) error {
	dir, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find working directory: %w", err)
	}
	add := func(option string, m specs.Mount, err error) error {
		if err != nil {
			return fail.Usage("%s: %w", option, err)
		}
		for _, other := range w.Volumes {
			if other.Destination == m.Destination {
				return fail.Usage("%s: %s is there twice", option, m.Destination)
			}
		}
		w.Volumes = append(w.Volumes, m)
		return nil
	}
	for _, text := range o.Volume {
		m, err := volume.Parse(text, dir, o.named)
		if err := add("--volume", m, err); err != nil {
			return err
		}
	}
	for _, text := range o.Mount {
		m, err := volume.Mount(text, dir, o.named)
		if err := add("--mount", m, err); err != nil {
			return err
		}
	}
	for _, text := range o.Tmpfs {
		m, err := volume.Tmpfs(text)
		if err := add("--tmpfs", m, err); err != nil {
			return err
		}
	}
	return nil
}

// named is the directory of a volume, which gt-rootfs makes if it is not there.
func (o *options) named(name string) (string, error) {
	if o.DryRun {
		return "/volume/" + name, nil
	}
	ctx := context.Background()
	text, err := sibling.Output(ctx, "gt-rootfs", "volume", "inspect", name)
	if err != nil {
		if _, err := sibling.Output(ctx, "gt-rootfs", "volume", "create", name); err != nil {
			return "", err
		}
		if text, err = sibling.Output(ctx, "gt-rootfs", "volume", "inspect", name); err != nil {
			return "", err
		}
	}
	var v struct{ Path string }
	if err := json.Unmarshal(text, &v); err != nil || v.Path == "" {
		return "", fmt.Errorf("gt-rootfs does not tell where volume %s is", name)
	}
	return v.Path, nil
}

// notes are what the container is known by beside its name.
func (o *options) notes(w *wish) error {
	if w.Domainname = o.Domainname; w.Domainname != "" && o.UTS == "host" {
		return fail.Usage("--uts host and --domainname are both there, need one")
	}
	w.Annotations = map[string]string{verb.RootAnnotation: o.Rootfs}
	for _, list := range [][]string{o.Label, o.Annotation} {
		for _, text := range list {
			name, value, _ := strings.Cut(text, "=")
			if name == "" {
				return fail.Usage("--label: have %q, need NAME=VALUE", text)
			}
			w.Annotations[name] = value
		}
	}
	if o.StopSignal != "" {
		w.Annotations[verb.StopAnnotation] = o.StopSignal
	}
	if len(o.Publish) > 0 {
		w.Annotations[verb.PortsAnnotation] = strings.Join(o.Publish, " ")
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
		w.user, w.UserGiven = &asked, true
	}
	uid, gid, rootless, err := own()
	if err != nil {
		return err
	}
	if rootless {
		w.Rootless = &config.IDs{UID: uid, GID: gid}
		w.Capabilities = config.Usual() // a new user namespace grants them all
		return nil
	}
	w.Capabilities, err = config.Granted()
	return err
}
