package house

import (
	"debug/buildinfo"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestHostIsBuiltAsPluginsAre: gt-plugin-host is the exception to static
// binaries without cgo; it opens only a .so that was compiled as it was. It
// holds no code of ours but the plugins' own.
func TestHostIsBuiltAsPluginsAre(t *testing.T) {
	deps, err := list("-deps", "./cmd/gt-plugin/host")
	if err != nil {
		t.Fatal(err)
	}
	ours := []string{module + "/lib/json", module + "/lib/plugin", module + "/cmd/gt-plugin/host"}
	for _, d := range deps {
		if !d.Standard && !slices.Contains(ours, d.ImportPath) {
			t.Errorf("gt-plugin-host links %s: %s", d.ImportPath, importers(deps, d.ImportPath))
		}
	}
	dir := os.Getenv("GT_BIN")
	if dir == "" {
		t.Skip("GT_BIN is not set, need: make test")
	}
	info, err := buildinfo.ReadFile(filepath.Join(dir, "gt-plugin-host"))
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, s := range info.Settings {
		if s.Key == "CGO_ENABLED" || s.Key == "-trimpath" || s.Key == "-tags" {
			have = append(have, s.Key+"="+s.Value)
		}
	}
	if strings.Join(have, " ") != "CGO_ENABLED=1" {
		t.Errorf("gt-plugin-host is built with %v, need cgo and nothing else", have)
	}
}
