package main

import (
	"encoding/json"
	"io"
	"os"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/fail"
)

const (
	poststopName = "gt-run-poststop"
	maxState     = 1 << 20
)

// poststop is the hook that gt-oci runs when it has deleted a container: the
// bundle named by the state goes too, if it is one that gt-run made.
func poststop(stdin io.Reader) error {
	var state struct{ ID, Bundle string }
	if err := json.NewDecoder(io.LimitReader(stdin, maxState)).Decode(&state); err != nil {
		return fail.New(fail.CodeInput, "read state: %w", err)
	}
	if _, err := os.Lstat(state.Bundle); state.Bundle != "" && os.IsNotExist(err) {
		return nil
	}
	// gt-mon deletes a container to start it again: bundle and log stay then.
	if _, err := os.Lstat(state.Bundle + "/mon/keep"); err == nil {
		return nil
	}
	// gt-ckpt has frozen the container: its restore needs the bundle.
	if _, err := os.Lstat(state.Bundle + "/checkpoint"); err == nil {
		return nil
	}
	b, err := bundle.Open(state.Bundle)
	if err != nil {
		return err
	}
	defer b.Close()
	if b.ID != state.ID {
		return fail.New(fail.CodeUnsafe, "bundle %s is that of container %s, not of %s", b.Path, b.ID, state.ID)
	}
	return b.Discard()
}
