package main

import (
	"path/filepath"
	"slices"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/skeleton"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func initialize(o *tool.Options) func(*tool.Call) error {
	kind, lang := string(plugin.PluginTypeMonitoring), "go"
	o.String(&kind, "type", 0, "TYPE", "storage, network, monitoring, runtime or security")
	o.Enum(&lang, "lang", 0, skeleton.Langs(), "language, so is Go with -buildmode=plugin")
	return func(c *tool.Call) error {
		if !slices.Contains(plugin.PluginTypes(), plugin.PluginType(kind)) {
			return fail.Usage("--type: have %q, need one of %v", kind, plugin.PluginTypes())
		}
		dir, err := filepath.Abs(c.Args[0])
		if err != nil {
			return err
		}
		name := filepath.Base(dir)
		if err := store.CheckName(name); err != nil {
			return err
		}
		return skeleton.Write(dir, lang, skeleton.Data{Name: name, Type: kind})
	}
}
