package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/sibling"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// claim makes the bundle of a container. A bundle that stands in the way is
// removed if it is only a leftover: no gt-run works with it, and gt-oci knows
// no container that has it.
func claim(ctx context.Context, o *options, w *wish) (*bundle.Bundle, error) {
	dir, err := bundle.Dir()
	if err != nil {
		return nil, err
	}
	fresh := bundle.Bundle{ID: w.id, Root: w.root, Kind: w.source.kind, Passing: w.rm && !o.Detach}
	tidy(ctx, dir)
	b, err := bundle.Make(dir, fresh)
	if !errors.Is(err, fs.ErrExist) {
		return b, err
	}
	if o.Name == "" {
		w.id = bundle.RandomName()
		return nil, fail.New(fail.CodeExists, "bundle %s exists, which is a coincidence: try again", fresh.ID)
	}
	if err := sweep(ctx, filepath.Join(dir, w.id)); err != nil {
		return nil, err
	}
	return bundle.Make(dir, fresh)
}

// tidy removes what a gt-run that was killed left: bundles that were to go with
// it. They have no hook, since a hook costs the start of a program; the container
// itself was removed by its gt-oci. What cannot be removed now is left for later.
func tidy(ctx context.Context, dir string) {
	names, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, n := range names {
		old, err := bundle.Open(filepath.Join(dir, n.Name()))
		if err != nil {
			continue
		}
		if old.Passing && old.Abandoned() {
			if _, err := oci(ctx, old, "state", old.ID); sibling.IsAbsent(err) {
				_ = old.Discard()
			}
		}
		_ = old.Close()
	}
}

// stateRoot is the state directory as gt-oci will see it later, empty for the
// default one.
func stateRoot(o *options) (string, error) {
	root := o.Root
	if root == "" {
		root = os.Getenv("GOPHERTAINER_ROOT")
	}
	if root == "" {
		return "", nil
	}
	return filepath.Abs(root)
}

func sweep(ctx context.Context, path string) error {
	old, err := bundle.Open(path)
	if err != nil {
		return err
	}
	defer old.Close()
	if !old.Abandoned() {
		return fail.New(fail.CodeExists, "container %s exists: a gt-run is at work with it", old.ID)
	}
	_, err = oci(ctx, old, "state", old.ID)
	if err == nil {
		return fail.New(fail.CodeExists, "container %s exists (gt-run rm -f %s removes it)", old.ID, old.ID)
	}
	if !sibling.IsAbsent(err) {
		return err
	}
	return old.Discard()
}

// recall removes what is left of a container whose run failed.
func recall(b *bundle.Bundle) error {
	ctx := context.Background()
	text, err := oci(ctx, b, "state", b.ID)
	if err != nil && !sibling.IsAbsent(err) {
		// gt-oci was killed before it had written a state.
		if _, gone := oci(ctx, b, "gc"); gone != nil {
			return errors.Join(err, gone)
		}
		text, err = oci(ctx, b, "state", b.ID)
	}
	if sibling.IsAbsent(err) {
		return b.Discard()
	}
	if err != nil {
		return err
	}
	var state struct{ Bundle string }
	if err := json.Unmarshal(text, &state); err != nil {
		return fail.New(fail.CodeInput, "read state of %s: %w", b.ID, err)
	}
	// The ID may be taken by a container that is not gt-run's.
	if state.Bundle == b.Path {
		if _, err := oci(ctx, b, "delete", "--force", b.ID); err != nil {
			return err
		}
	}
	return b.Discard()
}

// oci asks gt-oci about the state directory that the bundle's container is in.
func oci(ctx context.Context, b *bundle.Bundle, args ...string) ([]byte, error) {
	return sibling.Output(ctx, "gt-oci", append(rootArgs(b.Root), args...)...)
}
