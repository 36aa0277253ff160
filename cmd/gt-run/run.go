package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/config"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/sibling"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/verb"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/spec"
	"github.com/gophertainer/gophertainer/lib/tty"
)

// run makes the bundle, runs the container and returns gt-run's exit code.
func run(o *options, w *wish) (int, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := &relay{cancel: cancel}
	stop, err := tty.Forward(signals.pass, signals.skip(o)...)
	if err != nil {
		return exitFailed, err
	}
	defer stop()

	tool := o.parent()
	path, err := sibling.Path(tool)
	if err != nil {
		return exitFailed, err
	}
	if err := verb.Audit("run", append([]string{w.id}, w.Args...)); err != nil {
		return exitFailed, err
	}
	b, err := claim(ctx, o, w)
	if err != nil {
		return signals.code(exitFailed), err
	}
	defer b.Close()
	if err := cidfile(o.Cidfile, b.ID); err != nil {
		return signals.code(exitFailed), errors.Join(err, b.Discard())
	}
	if err := prepare(ctx, o, w, b); err != nil {
		return signals.code(exitFailed), errors.Join(err, b.Discard(), o.uncidfile())
	}
	l := &launch{options: o, wish: w, bundle: b, signals: signals}
	code, err := l.run(tool, path)
	switch {
	case errors.Is(err, errTold):
		return code, errors.Join(recall(b), o.uncidfile())
	case err != nil && !l.ran:
		return code, errors.Join(err, recall(b), o.uncidfile())
	case err != nil && w.rm:
		return code, errors.Join(err, recall(b))
	case err != nil:
		return code, err
	}
	if w.rm && !o.Detach {
		err = b.Discard()
	}
	return code, err
}

// prepare fills the bundle: root filesystem and config.json. The profile is
// made meanwhile.
func prepare(ctx context.Context, o *options, w *wish, b *bundle.Bundle) error {
	type answer struct {
		profile *specs.LinuxSeccomp
		err     error
	}
	profiles := make(chan answer, 1)
	go func() {
		p, err := o.profile(ctx, w.Capabilities)
		profiles <- answer{p, err}
	}()
	template, err := unpack(ctx, w, b)
	got := <-profiles
	if err = errors.Join(err, got.err); err != nil {
		return err
	}
	w.Seccomp = got.profile
	root := w.Root
	if root == "" {
		root = b.File("rootfs")
	}
	if err := w.who(root); err != nil {
		return err
	}
	if !b.Passing {
		self, err := sibling.Self()
		if err != nil {
			return err
		}
		w.Hooks.Poststop = append(w.Hooks.Poststop, specs.Hook{Path: self, Args: []string{poststopName}})
	}
	text, err := config.Edit(template, &w.Ask)
	if err != nil {
		return err
	}
	return b.Write("config.json", text)
}

// who looks the user and further groups up.
func (w *wish) who(root string) error {
	if w.user != nil {
		if err := w.become(root); err != nil {
			return err
		}
	}
	for _, g := range w.groups {
		id, err := g.Find(root)
		if err != nil {
			return fail.Usage("--group-add: %w", err)
		}
		w.Groups = append(w.Groups, id)
	}
	return nil
}

// become looks the user up. A user namespace of one ID has no other user, and
// setgroups(2) is denied there.
func (w *wish) become(root string) (err error) {
	if w.User, err = w.user.Find(root); err != nil {
		return err
	}
	if w.Rootless == nil {
		return nil
	}
	if w.User.UID != 0 || w.User.GID != 0 {
		return fail.Usage("--user: have %d:%d, need 0:0: without root only the caller is mapped, as root", w.User.UID, w.User.GID)
	}
	w.User.Groups = nil
	return nil
}

// unpack returns the config.json to begin with.
func unpack(ctx context.Context, w *wish, b *bundle.Bundle) ([]byte, error) {
	if w.source.kind == kindDir {
		return spec.Default(), nil
	}
	if _, err := sibling.Output(ctx, "gt-rootfs", unpackArgs(w, b.Path)...); err != nil {
		return nil, err
	}
	return os.ReadFile(b.File("config.json"))
}

func unpackArgs(w *wish, path string) []string {
	args := []string{"unpack", "--id", w.id}
	if w.Map != nil {
		args = append(args, "--map", fmt.Sprintf("0:%d:%d", w.Map.First, w.Map.Size))
	}
	return append(args, w.source.path, path)
}

// rootArgs are the global options that name a state directory.
func rootArgs(root string) []string {
	if root == "" {
		return nil
	}
	return []string{"--root", root}
}
