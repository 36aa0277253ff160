// Gatekeeper is a security plugin: it denies what its policy forbids, and
// tightens what it requires.
//
//	sudo gophertainer plugin load --set denied_paths='["/etc","/var/run"]' --set memory=1073741824 gatekeeper
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/gophertainer/gophertainer/lib/plugin"
)

type gatekeeper struct {
	caps, paths, namespaces []string
	noRoot                  bool
	memory                  float64
}

func (p *gatekeeper) GetInfo() plugin.PluginInfo {
	words := func(d string, list ...interface{}) plugin.PluginConfigProperty {
		return plugin.PluginConfigProperty{Type: "array", Items: "string", Default: list, Description: d}
	}
	return plugin.PluginInfo{
		Name: "gatekeeper", Version: "1.0.0", Type: plugin.PluginTypeSecurity,
		Description: "denies by policy",
		Config: plugin.PluginConfigSchema{
			Strict: true,
			Properties: map[string]plugin.PluginConfigProperty{
				"denied_capabilities": words("capabilities that no container may have", "CAP_SYS_ADMIN", "CAP_SYS_MODULE"),
				"denied_paths":        words("directories of the host that no container may mount", "/etc"),
				"namespaces":          words("namespaces that every container must have of its own", "pid", "mount"),
				"no_root":             {Type: "boolean", Default: false, Description: "deny user 0 where there is no user namespace"},
				"memory":              {Type: "number", Default: 0.0, Description: "limit in bytes for those that have none"},
			},
		},
	}
}

func (p *gatekeeper) Initialize(_ context.Context, config map[string]interface{}) error {
	p.caps, p.paths, p.namespaces = words(config["denied_capabilities"]), words(config["denied_paths"]), words(config["namespaces"])
	p.noRoot, _ = config["no_root"].(bool)
	p.memory, _ = config["memory"].(float64)
	return nil
}

func words(v interface{}) []string {
	var out []string
	list, _ := v.([]interface{})
	for _, w := range list {
		out = append(out, w.(string)) // checked by the schema
	}
	return out
}

func (p *gatekeeper) Start(context.Context) error   { return nil }
func (p *gatekeeper) Stop(context.Context) error    { return nil }
func (p *gatekeeper) Cleanup(context.Context) error { return nil }

// spec is what the policy looks at.
type spec struct {
	Process *struct {
		User            struct{ UID uint32 }
		NoNewPrivileges bool
		Capabilities    map[string][]string
	}
	Mounts []struct {
		Type, Source string
		Options      []string
	}
	Linux struct {
		Namespaces []struct{ Type, Path string }
		Resources  *struct {
			Memory *struct{ Limit *int64 }
		}
	}
}

func (p *gatekeeper) CheckSpec(_ context.Context, in *plugin.SpecRequest) (*plugin.Verdict, error) {
	var s spec
	if err := json.Unmarshal(in.Spec, &s); err != nil {
		return nil, err
	}
	if reason := p.deny(&s); reason != "" {
		return &plugin.Verdict{Verdict: plugin.VerdictDeny, Reason: reason}, nil
	}
	return &plugin.Verdict{Verdict: plugin.VerdictAllow, Adjustment: plugin.Adjustment{Patch: p.tighten(&s)}}, nil
}

func (p *gatekeeper) deny(s *spec) string {
	own := map[string]bool{}
	for _, n := range s.Linux.Namespaces {
		own[n.Type] = n.Path == ""
	}
	for _, n := range p.namespaces {
		if !own[n] {
			return "needs a " + n + " namespace of its own"
		}
	}
	if s.Process != nil {
		for _, set := range s.Process.Capabilities {
			for _, c := range set {
				if slices.Contains(p.caps, c) {
					return "has " + c
				}
			}
		}
		if p.noRoot && s.Process.User.UID == 0 && !own["user"] {
			return "runs as root"
		}
	}
	for _, m := range s.Mounts {
		if m.Type != "bind" && !slices.Contains(m.Options, "bind") && !slices.Contains(m.Options, "rbind") {
			continue
		}
		for _, denied := range p.paths {
			at := path.Clean(m.Source)
			if at == "/" || at == denied || strings.HasPrefix(at, denied+"/") || strings.HasPrefix(denied, at+"/") {
				return fmt.Sprintf("mounts %s, which has %s", m.Source, denied)
			}
		}
	}
	return ""
}

func (p *gatekeeper) tighten(s *spec) []plugin.PatchStep {
	var steps []plugin.PatchStep
	if s.Process != nil && !s.Process.NoNewPrivileges {
		steps = append(steps, plugin.PatchStep{Op: "add", Path: "/process/noNewPrivileges", Value: []byte("true")})
	}
	limit := fmt.Sprintf("%.0f", p.memory)
	r := s.Linux.Resources
	switch {
	case p.memory <= 0 || r != nil && r.Memory != nil && r.Memory.Limit != nil:
	case r == nil:
		steps = append(steps, plugin.PatchStep{Op: "add", Path: "/linux/resources", Value: []byte(`{"memory":{"limit":` + limit + `}}`)})
	case r.Memory == nil:
		steps = append(steps, plugin.PatchStep{Op: "add", Path: "/linux/resources/memory", Value: []byte(`{"limit":` + limit + `}`)})
	default:
		steps = append(steps, plugin.PatchStep{Op: "add", Path: "/linux/resources/memory/limit", Value: []byte(limit)})
	}
	return steps
}

func main() { plugin.Serve(&gatekeeper{}) }
