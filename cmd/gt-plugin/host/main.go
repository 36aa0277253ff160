// Gt-plugin-host opens a plugin that was built with go build -buildmode=plugin
// and serves it as if it were a program. gt-plugin executes it in the plugin's
// sandbox; to unload the plugin is to end this process.
//
//	gt-plugin-host NAME.so
//
// It is the one dynamic binary of the project: the loader of the C library is
// what opens a .so, and Go accepts one only if every package that both sides
// have was compiled alike. So it is built as plugins are, with cgo, without
// -trimpath and without tags, imports nothing but lib/plugin and the standard
// library, and the process that holds the operator's rights, gt-plugin, stays
// static and without cgo.
package main

import (
	"fmt"
	"os"
	"plugin"

	sdk "github.com/gophertainer/gophertainer/lib/plugin"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gt-plugin-host NAME.so")
		os.Exit(2)
	}
	p, err := open(os.Args[1])
	if err != nil {
		fmt.Fprintf(os.Stderr, "gt-plugin-host: open %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
	sdk.Serve(p)
}

// open finds NewPlugin, which the plugin exports.
func open(path string) (sdk.Plugin, error) {
	so, err := plugin.Open(path)
	if err != nil {
		return nil, explain(path, err)
	}
	symbol, err := so.Lookup("NewPlugin")
	if err != nil {
		return nil, fmt.Errorf("exports no NewPlugin, need func NewPlugin() plugin.Plugin")
	}
	make, ok := symbol.(func() sdk.Plugin)
	if !ok {
		return nil, fmt.Errorf("have NewPlugin of type %T, need func() plugin.Plugin of %s/lib/plugin", symbol, module)
	}
	p := make()
	if p == nil {
		return nil, fmt.Errorf("have nil of NewPlugin, need a plugin")
	}
	return p, nil
}
