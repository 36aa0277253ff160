package main

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/lib/cred"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
)

// grant checks that the operator has granted what the plugin needs. What was
// granted and is not needed is not given.
func grant(e *store.Entry, grants []string) error {
	n := &e.Info.Needs
	if err := expand(e); err != nil {
		return err
	}
	for _, g := range grants {
		if !known(g) {
			return fail.Usage("--grant: have %q, need network, cap=NAME, path=DIR[:rw|:shared], limits or all", g)
		}
	}
	if slices.Contains(grants, "all") {
		return nil
	}
	var missing []string
	for _, need := range asked(n) {
		if !slices.Contains(grants, need) {
			missing = append(missing, "--grant "+need)
		}
	}
	if len(missing) > 0 {
		return fail.New(fail.CodePermission, "the plugin needs what was not granted: %s", strings.Join(missing, " "))
	}
	return nil
}

func known(g string) bool {
	kind, value, ok := strings.Cut(g, "=")
	switch kind {
	case "network", "limits", "all":
		return !ok
	case "cap", "path":
		return ok && value != ""
	}
	return false
}

// asked lists the needs in the words of --grant.
func asked(n *plugin.PluginNeeds) []string {
	var list []string
	if n.Network {
		list = append(list, "network")
	}
	for _, c := range n.Capabilities {
		list = append(list, "cap="+c)
	}
	for _, p := range n.Paths {
		word := "path=" + p.Path
		switch {
		case p.Shared:
			word += ":shared"
		case p.Write:
			word += ":rw"
		}
		list = append(list, word)
	}
	if n.Memory > 0 || n.Pids > 0 {
		list = append(list, "limits")
	}
	return list
}

// expand checks the needs; a path that begins with $ is that member of the
// configuration.
func expand(e *store.Entry) error {
	n := &e.Info.Needs
	for _, c := range n.Capabilities {
		if _, unknown := cred.ParseSet([]string{c}); len(unknown) > 0 {
			return fail.New(fail.CodeInput, "info: /needs/capabilities: have %q, need a capability as CAP_NET_ADMIN", c)
		}
	}
	for i := range n.Paths {
		p := &n.Paths[i]
		if key, ok := strings.CutPrefix(p.Path, "$"); ok {
			value, ok := e.Config[key].(string)
			if !ok {
				return fail.New(fail.CodeInput, "info: /needs/paths/%d: configuration has no string %q", i, key)
			}
			p.Path = value
		}
		if !filepath.IsAbs(p.Path) || filepath.Clean(p.Path) != p.Path || p.Path == "/" || hidden(p.Path) {
			return fail.New(fail.CodeInput, "info: /needs/paths/%d: have %q, need an absolute path that is neither / nor the sandbox's own", i, p.Path)
		}
	}
	return nil
}

// hidden are places that the sandbox itself is made of.
func hidden(path string) bool {
	for _, own := range []string{"/proc", "/sys", "/dev", "/plugin", "/data", "/netns", "/tmp", "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"} {
		if path == own || strings.HasPrefix(path, own+"/") && own != "/tmp" && own != "/dev" {
			return true
		}
	}
	return false
}
