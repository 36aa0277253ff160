package main

import (
	"errors"
	"os"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/host"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// planHost stages a bundle whose root is still to be mounted.
func (w *wish) planHost(c *tool.Call, stage *bundle.Stage, spec *specs.Spec) error {
	if os.Geteuid() != 0 {
		return fail.New(fail.CodePermission, "host needs root, who may mount an overlay over /")
	}
	if stage.Has("config.json") {
		return fail.New(fail.CodeExists, "%s has a config.json, host writes its own, which hides the secrets", w.bundle)
	}
	cwd := w.cwd
	if cwd == "" {
		cwd = "."
	}
	if info, err := os.Stat(cwd); err != nil || !info.IsDir() {
		return fail.New(fail.CodeInput, "--cwd %s is not a directory", cwd)
	}
	plan, err := host.See(cwd, "")
	if err != nil {
		return err
	}
	if plan.Note != "" {
		c.Warnf("%s", plan.Note)
	}
	plan.Apply(spec, stage.Bundle)
	late, err := plan.Late()
	if err != nil {
		return err
	}
	spec.Linux.MaskedPaths = append(spec.Linux.MaskedPaths, late...)
	if err := os.Mkdir(stage.Path("rootfs"), 0o755); err != nil {
		return err
	}
	return bundle.WriteRecord(stage.Dir, &bundle.Record{Source: "host", Cwd: plan.Shown, Mounts: []string{}})
}

// mountHost mounts the root of a bundle. What is about to be mounted is recorded
// first. On failure nothing stays mounted.
func mountHost(dir string, r *bundle.Record) error {
	r.Mounts = host.Places(r.Cwd)
	if err := bundle.WriteRecord(dir, r); err != nil {
		return err
	}
	parts, err := host.Mount(dir, r.Cwd)
	if err != nil {
		return errors.Join(err, unmountHost(dir, r))
	}
	r.Parts = parts
	return bundle.WriteRecord(dir, r)
}

// unmountHost undoes the mounts of a record, as far as there are any, and forgets
// them. Only the places that mountHost uses are ever touched, whatever a record
// says.
func unmountHost(dir string, r *bundle.Record) error {
	if err := host.Unmount(dir); err != nil {
		return err
	}
	r.Mounts, r.Parts = []string{}, nil
	return bundle.WriteRecord(dir, r)
}
