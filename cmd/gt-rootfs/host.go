package main

import (
	"os"
	"path/filepath"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/host"
	"github.com/gophertainer/gophertainer/lib/fail"
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
	cwd, err := filepath.Abs(cwd)
	if err == nil {
		cwd, err = filepath.EvalSymlinks(cwd)
	}
	if err != nil {
		return err
	}
	if info, err := os.Stat(cwd); err != nil || !info.IsDir() {
		return fail.New(fail.CodeInput, "--cwd %s is not a directory", cwd)
	}
	plan, err := host.See(cwd)
	if err != nil {
		return err
	}
	if plan.Note != "" {
		c.Warnf("%s", plan.Note)
	}
	plan.Apply(spec, stage.Bundle)
	if err := os.Mkdir(stage.Path("rootfs"), 0o755); err != nil {
		return err
	}
	return bundle.WriteRecord(stage.Dir, &bundle.Record{Source: "host", Cwd: plan.Shown, Mounts: []string{}})
}
