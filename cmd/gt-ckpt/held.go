package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// heldFile stands in a bundle of gt-run while a checkpoint needs it: gt-run
// removes the bundle, and the root in it, when its container is deleted. It has
// the checkpoint's name.
const heldFile = "checkpoint"

// ofRun tells whether gt-run has made a bundle.
func ofRun(bundle string) bool {
	_, err := os.Lstat(filepath.Join(bundle, "gt-run.json"))
	return bundle != "" && err == nil
}

// holdBundle keeps the bundle for the restore.
func (d *dumping) holdBundle() error {
	if d.draft == nil || !ofRun(d.ct.State.Bundle) {
		return nil
	}
	return os.WriteFile(filepath.Join(d.ct.State.Bundle, heldFile), []byte(d.draft.Name()), 0o600)
}

// freeBundle lets gt-run remove it again with the container.
func freeBundle(bundle string) error {
	if !ofRun(bundle) {
		return nil
	}
	err := os.Remove(filepath.Join(bundle, heldFile))
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// dropBundle removes a bundle that was kept for a checkpoint that is deleted,
// by the hook of the spec that would have.
func dropBundle(c *tool.Call, checkpoint string, m *image.Manifest, s *specs.Spec) error {
	id, bundle := m.Container, m.Bundle
	name, err := os.ReadFile(filepath.Join(bundle, heldFile))
	if err != nil || strings.TrimSpace(string(name)) != checkpoint || !ofRun(bundle) {
		return nil //nolint:nilerr // it is not held by this one
	}
	if err := freeBundle(bundle); err != nil {
		return err
	}
	if _, err := runtime(c).Open(id); err == nil || s.Hooks == nil {
		return nil // the container was restored, and removes it
	}
	text, err := json.Marshal(map[string]string{"ociVersion": s.Version, "id": id, "status": "stopped", "bundle": bundle})
	if err != nil {
		return err
	}
	for _, h := range s.Hooks.Poststop {
		if len(h.Args) == 0 || h.Args[0] != "gt-run-poststop" {
			continue
		}
		cmd := exec.Command(h.Path)
		cmd.Args, cmd.Env, cmd.Stdin = h.Args, h.Env, bytes.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fail.New(fail.CodeHost, "remove bundle %s: %s", bundle, strings.TrimSpace(string(out)))
		}
	}
	return nil
}
