package house

import (
	"slices"
	"strings"
	"testing"
)

// floors is the house: a package of lib/ imports lower floors only, never its
// own. .golangci.yml says the same to the linter; TestFloorsInLinter holds the
// two together.
var floors = [][]string{
	0: {"bare"},
	1: {"sys", "path", "fail", "json"},
	2: {"plan", "spec", "state", "hook", "idmap", "event", "tool", "systemd"},
	3: {"ns", "mount", "cgroup", "seccomp", "cred", "tty", "landlock", "link", "rdt", "host"},
	4: {"birth"},
	5: {"container", "plugin"},
}

// lib may import beside the standard library and the lower floors.
var libMay = []string{
	"golang.org/x/sys/unix",
	"github.com/opencontainers/runtime-spec/specs-go",
}

// kept are modules that belong to one command, or some, and lib/… that may not
// be used on the path of a birth.
var kept = map[string]string{
	"github.com/seccomp/libseccomp-golang": "cmd/gt-seccomp",
	"github.com/moby/profiles/seccomp":     "cmd/gt-seccomp",
	"github.com/vishvananda/netlink":       "cmd/gt-net",
	"github.com/google/nftables":           "cmd/gt-net",
	"github.com/containernetworking":       "cmd/gt-net",
	"github.com/checkpoint-restore":        "cmd/gt-ckpt",
	"filippo.io/age":                       "cmd/gt-ckpt",
	"github.com/klauspost":                 "cmd/gt-rootfs cmd/gt-ckpt",
	"github.com/pierrec/lz4":               "cmd/gt-rootfs",
	"github.com/therootcompany/xz":         "cmd/gt-rootfs",
	"github.com/u-root":                    "cmd/gt-box",
	"github.com/alecthomas/kong":           "cmd/gt-run",
	"github.com/rogpeppe/go-internal":      "testscripts",
	"aead.dev/minisign":                    "cmd/gt-plugin",
	"net/http":                             "cmd/gt-mon scripts/engines/images",
}

// heavy are packages of the standard library that gt-oci does not link: each
// costs every call of it some tenths of a millisecond.
var heavy = []string{
	"encoding/json", "flag", "log/slog", "net", "net/http", "os/exec", "regexp", "text/template",
}

// TestStartPathIsLight looks at all that gt-oci links, not only at lib.
func TestStartPathIsLight(t *testing.T) {
	deps, err := list("-deps", "./cmd/gt-oci")
	if err != nil || len(deps) < 2 {
		t.Skip("no cmd/gt-oci")
	}
	for _, d := range deps {
		if slices.Contains(heavy, d.ImportPath) || strings.HasPrefix(d.ImportPath, "github.com/alecthomas/kong") {
			t.Errorf("gt-oci links %s: %s", d.ImportPath, importers(deps, d.ImportPath))
		}
	}
}

func importers(deps []pkg, path string) string {
	var by []string
	for _, d := range deps {
		if slices.Contains(d.Imports, path) {
			by = append(by, d.ImportPath)
		}
	}
	return "imported by " + strings.Join(by, ", ")
}

func floorOf(pkg string) int {
	rest, ok := strings.CutPrefix(pkg, module+"/lib/")
	if !ok {
		return -1
	}
	noun, _, _ := strings.Cut(rest, "/")
	return slices.IndexFunc(floors, func(nouns []string) bool { return slices.Contains(nouns, noun) })
}

func nounOf(pkg string) string {
	noun, _, _ := strings.Cut(strings.TrimPrefix(pkg, module+"/lib/"), "/")
	return noun
}

func TestFloors(t *testing.T) {
	for _, p := range packages(t) {
		if !strings.HasPrefix(p.ImportPath, module+"/lib/") {
			continue
		}
		mine := floorOf(p.ImportPath)
		if mine < 0 {
			t.Errorf("%s: lib/%s is on no floor: add it to floors", p.ImportPath, nounOf(p.ImportPath))
		}
		if p.Name == "main" {
			continue // a generator
		}
		for _, imp := range p.Imports {
			checkImport(t, p.ImportPath, mine, imp)
		}
	}
}

func checkImport(t *testing.T, pkg string, mine int, imp string) {
	t.Helper()
	switch {
	case strings.HasPrefix(imp, module+"/lib/"):
		its := floorOf(imp)
		// A package may use what lies below itself: lib/birth uses lib/birth/inside.
		if nounOf(imp) != nounOf(pkg) && its >= mine {
			t.Errorf("%s (floor %d) imports %s (floor %d), need a lower floor", pkg, mine, imp, its)
		}
	case strings.HasPrefix(imp, module):
		t.Errorf("%s imports %s: lib knows nothing above it", pkg, imp)
	case strings.Contains(strings.Split(imp, "/")[0], ".") && !slices.Contains(libMay, imp):
		t.Errorf("%s imports %s: lib has the standard library, %s", pkg, imp, strings.Join(libMay, ", "))
	}
}

func TestKeptModules(t *testing.T) {
	for _, p := range packages(t) {
		for _, imp := range p.Imports {
			for mod, homes := range kept {
				if (imp == mod || strings.HasPrefix(imp, mod+"/")) && !livesIn(p.ImportPath, homes) {
					t.Errorf("%s imports %s, which only %s may", p.ImportPath, imp, homes)
				}
			}
		}
	}
}

func livesIn(pkg, homes string) bool {
	return slices.ContainsFunc(strings.Fields(homes), func(home string) bool {
		return strings.HasPrefix(pkg, module+"/"+home)
	})
}

// TestCommandsKeepTheirInternals: a command's packages are its own.
func TestCommandsKeepTheirInternals(t *testing.T) {
	for _, p := range packages(t) {
		for _, imp := range p.Imports {
			rest, ok := strings.CutPrefix(imp, module+"/cmd/")
			if ok && !strings.HasPrefix(p.ImportPath, module+"/cmd/"+strings.Split(rest, "/")[0]) {
				t.Errorf("%s imports %s of another command", p.ImportPath, imp)
			}
		}
	}
}
