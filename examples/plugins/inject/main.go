// Inject is a runtime plugin: it gives every container a mount and variables
// from its configuration.
//
//	go build -o inject . && sudo cp inject /usr/local/lib/gophertainer/plugins/
//	sudo gophertainer plugin load --set env='["SITE=berlin"]' --set source=/srv/ca inject
package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/gophertainer/gophertainer/lib/plugin"
)

type inject struct {
	env                 []string
	source, destination string
}

func (p *inject) GetInfo() plugin.PluginInfo {
	return plugin.PluginInfo{
		Name: "inject", Version: "1.0.0", Type: plugin.PluginTypeRuntime,
		Description: "gives every container a mount and an environment",
		Config: plugin.PluginConfigSchema{
			Strict: true,
			Properties: map[string]plugin.PluginConfigProperty{
				"env":         {Type: "array", Items: "string", Description: "variables NAME=VALUE"},
				"source":      {Type: "string", Description: "directory of the host to mount read-only"},
				"destination": {Type: "string", Default: "/mnt/injected", Description: "where it appears"},
			},
		},
	}
}

func (p *inject) Initialize(_ context.Context, config map[string]interface{}) error {
	list, _ := config["env"].([]interface{})
	for _, v := range list {
		p.env = append(p.env, v.(string)) // checked by the schema
	}
	p.source, _ = config["source"].(string)
	p.destination, _ = config["destination"].(string)
	return nil
}

func (p *inject) Start(context.Context) error   { return nil }
func (p *inject) Stop(context.Context) error    { return nil }
func (p *inject) Cleanup(context.Context) error { return nil }

// AdjustSpec leaves a variable alone that the container sets itself.
func (p *inject) AdjustSpec(_ context.Context, in *plugin.SpecRequest) (*plugin.Adjustment, error) {
	var spec struct {
		Process *struct{ Env []string }
		Mounts  []json.RawMessage
	}
	if err := json.Unmarshal(in.Spec, &spec); err != nil {
		return nil, err
	}
	a := &plugin.Adjustment{}
	if spec.Process != nil {
		env := append([]string(nil), spec.Process.Env...)
		for _, v := range p.env {
			name, _, _ := strings.Cut(v, "=")
			if !has(spec.Process.Env, name+"=") {
				env = append(env, v)
			}
		}
		a.Patch = append(a.Patch, step("/process/env", env))
	}
	if p.source != "" {
		mounts := append(spec.Mounts, encode(map[string]any{
			"destination": p.destination, "type": "bind", "source": p.source,
			"options": []string{"rbind", "ro", "nosuid", "nodev"},
		}))
		a.Patch = append(a.Patch, step("/mounts", mounts))
	}
	return a, nil
}

func has(env []string, prefix string) bool {
	for _, v := range env {
		if strings.HasPrefix(v, prefix) {
			return true
		}
	}
	return false
}

func step(path string, value any) plugin.PatchStep {
	return plugin.PatchStep{Op: "add", Path: path, Value: encode(value)}
}

func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and maps of strings
	}
	return b
}

func main() { plugin.Serve(&inject{}) }
