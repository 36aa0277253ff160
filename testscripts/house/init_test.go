package house

import (
	"debug/buildinfo"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// gt-init is in the way of every start and is all that runs inside a container
// with more rights than the container has.
const (
	initBytes    = 2 << 20
	initPackages = 70
)

// notInInit are packages that cost the start of gt-init or that it has no
// business with.
var notInInit = []string{
	"encoding/json", "fmt", "os/exec", "flag", "regexp", "net", "net/http",
	"text/template", "log", "log/slog", "runtime/cgo", "C", module + "/lib/json", module + "/lib/spec", module + "/lib/tool",
}

func TestInitIsSmall(t *testing.T) {
	if _, err := os.Stat("../../cmd/gt-init/main.go"); errors.Is(err, fs.ErrNotExist) {
		t.Skip("no cmd/gt-init")
	}
	deps, err := list("-deps", "./cmd/gt-init")
	if err != nil {
		t.Fatal(err)
	}
	if len(deps) > initPackages {
		t.Errorf("gt-init links %d packages, need at most %d", len(deps), initPackages)
	}
	for _, d := range deps {
		for _, no := range notInInit {
			if d.ImportPath == no {
				t.Errorf("gt-init links %s, %s", no, importers(deps, no))
			}
		}
		// x/sys/unix links reflect for one function; ours do without.
		if strings.HasPrefix(d.ImportPath, module) && slices.Contains(d.Imports, "reflect") {
			t.Errorf("%s imports reflect", d.ImportPath)
		}
	}
	if bin := os.Getenv("GT_BIN"); bin != "" {
		st, err := os.Stat(filepath.Join(bin, "gt-init"))
		if err != nil {
			t.Fatal(err)
		}
		if st.Size() > initBytes {
			t.Errorf("gt-init has %d bytes, need at most %d", st.Size(), initBytes)
		}
	}
}

// TestBinariesAreStatic: a container, a rescue system or an empty chroot has no
// loader and no libc.
func TestBinariesAreStatic(t *testing.T) {
	bins := binaries(t)
	for _, bin := range bins {
		f, err := os.ReadFile(bin)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(f), "/lib64/ld-linux-x86-64.so.2\x00") {
			t.Errorf("%s is dynamically linked", bin)
		}
		info, err := buildinfo.ReadFile(bin)
		if err != nil {
			t.Fatal(err)
		}
		cgo := false
		for _, s := range info.Settings {
			cgo = cgo || s.Key == "CGO_ENABLED" && s.Value == "1"
		}
		if cgo != (filepath.Base(bin) == "gt-seccomp") {
			t.Errorf("%s is built with cgo: %v", bin, cgo)
		}
	}
}

// binaries are those of bin/ that cmd/ makes; without GT_BIN the test skips.
func binaries(t *testing.T) []string {
	t.Helper()
	dir := os.Getenv("GT_BIN")
	if dir == "" {
		t.Skip("GT_BIN is not set, need: make test")
	}
	mains, _ := filepath.Glob("../../cmd/*/main.go")
	var bins []string
	for _, m := range mains {
		bins = append(bins, filepath.Join(dir, filepath.Base(filepath.Dir(m))))
	}
	return bins
}
