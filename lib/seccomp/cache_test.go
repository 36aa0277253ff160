package seccomp

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
)

var (
	allow = []byte{6, 0, 0, 0, 0, 0, 0xff, 0x7f} // ret ALLOW
	some  = &specs.LinuxSeccomp{DefaultAction: specs.ActAllow}
)

// counting is a compiler that answers allow and appends a byte to a file.
func counting(t *testing.T) (opt Options, runs func() int) {
	dir := t.TempDir()
	count := filepath.Join(dir, "count")
	opt = Options{CacheDir: filepath.Join(dir, "a", "cache"), Helper: filepath.Join(dir, "gt-seccomp")}
	script := "#!/bin/sh\nprintf x >>" + count + "\nprintf '\\006\\000\\000\\000\\000\\000\\377\\177'\n"
	if err := os.WriteFile(opt.Helper, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return opt, func() int {
		b, _ := os.ReadFile(count)
		return len(b)
	}
}

func filter(t *testing.T, s *specs.LinuxSeccomp, opt Options) Program {
	t.Helper()
	p, err := Filter(s, opt)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(p.Filter, allow) {
		t.Fatalf("filter is %x", p.Filter)
	}
	return p
}

func one(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%s: %v %v, need one file", dir, entries, err)
	}
	return filepath.Join(dir, entries[0].Name())
}

func TestCompiledOnce(t *testing.T) {
	opt, runs := counting(t)
	for range 3 {
		if p := filter(t, some, opt); p.CacheError != nil {
			t.Fatal(p.CacheError)
		}
	}
	if runs() != 1 {
		t.Errorf("compiled %d times", runs())
	}
	st, err := os.Stat(opt.CacheDir)
	if err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", st.Mode(), err)
	}
	opt.Stamp = "other"
	filter(t, some, opt)
	if runs() != 2 {
		t.Error("a filter of another build was used")
	}
}

func TestNoCache(t *testing.T) {
	opt, runs := counting(t)
	opt.CacheDir = ""
	filter(t, some, opt)
	filter(t, some, opt)
	if runs() != 2 {
		t.Errorf("compiled %d times", runs())
	}
}

func TestPoisonIsNotUsed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("need root to give a file away")
	}
	change := func(f func([]byte) []byte) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			b, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, f(b), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, poison := range map[string]func(t *testing.T, path string){
		"truncated":   change(func(b []byte) []byte { return b[:len(b)-8] }),
		"empty":       change(func(b []byte) []byte { return nil }),
		"head only":   change(func(b []byte) []byte { return b[:64] }),
		"longer":      change(func(b []byte) []byte { return append(b, allow...) }),
		"huge":        change(func(b []byte) []byte { return make([]byte, 1<<20) }),
		"flipped bit": change(func(b []byte) []byte { b[33] ^= 1; return b }),
		"other key":   change(func(b []byte) []byte { b[0] ^= 1; return b }),
		"other owner": func(t *testing.T, path string) { must(t, os.Chown(path, 65534, 65534)) },
		"open mode":   func(t *testing.T, path string) { must(t, os.Chmod(path, 0o620)) },
		"second link": func(t *testing.T, path string) { must(t, os.Link(path, filepath.Dir(filepath.Dir(path))+"/link")) },
		"symlink": func(t *testing.T, path string) {
			to := filepath.Dir(filepath.Dir(path)) + "/moved"
			must(t, os.Rename(path, to))
			must(t, os.Symlink(to, path))
		},
		"fifo": func(t *testing.T, path string) {
			must(t, os.Remove(path))
			must(t, mkfifo(path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			opt, runs := counting(t)
			filter(t, some, opt)
			poison(t, one(t, opt.CacheDir))
			if p := filter(t, some, opt); p.CacheError != nil {
				t.Error(p.CacheError)
			}
			if runs() != 2 {
				t.Fatalf("compiled %d times, need 2", runs())
			}
			filter(t, some, opt)
			if runs() != 2 {
				t.Error("the file was not replaced")
			}
		})
	}
}

func TestUnsafeDirectoryIsNotUsed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("need root to give a directory away")
	}
	for name, spoil := range map[string]func(path string) error{
		"mode":  func(path string) error { return os.Chmod(path, 0o770) },
		"owner": func(path string) error { return os.Chown(path, 65534, -1) },
		"symlink": func(path string) error {
			if err := os.Rename(path, path+"2"); err != nil {
				return err
			}
			return os.Symlink(path+"2", path)
		},
		"file": func(path string) error {
			if err := os.RemoveAll(path); err != nil {
				return err
			}
			return os.WriteFile(path, nil, 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			opt, runs := counting(t)
			filter(t, some, opt)
			must(t, spoil(opt.CacheDir))
			p := filter(t, some, opt)
			if p.CacheError == nil || runs() != 2 {
				t.Errorf("compiled %d times, need 2: %v", runs(), p.CacheError)
			}
		})
	}
}

func TestCacheIsBounded(t *testing.T) {
	opt, _ := counting(t)
	for i := range keep + 6 {
		s := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, DefaultErrnoRet: number(uint(i))}
		filter(t, s, opt)
		if i == 0 {
			past := time.Now().Add(-time.Hour)
			must(t, os.Chtimes(one(t, opt.CacheDir), past, past))
		}
	}
	entries, err := os.ReadDir(opt.CacheDir)
	if err != nil || len(entries) != keep {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	h, _ := findHelper(opt.Helper)
	oldest := nameOf(keyOf(&specs.LinuxSeccomp{DefaultAction: specs.ActErrno, DefaultErrnoRet: number(0)}, "", h))
	for _, e := range entries {
		if e.Name() == oldest {
			t.Error("the oldest is still there")
		}
	}
}

func TestMissesAtTheSameTime(t *testing.T) {
	opt, _ := counting(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			p, err := Filter(some, opt)
			if err != nil || p.CacheError != nil || !bytes.Equal(p.Filter, allow) {
				t.Errorf("%v %v %x", err, p.CacheError, p.Filter)
			}
		})
	}
	wg.Wait()
	one(t, opt.CacheDir)
}

func TestHelperAnswersWrong(t *testing.T) {
	for name, c := range map[string]struct {
		script, member, text string
		code                 fail.Code
	}{
		"member":  {"echo 'gt-seccomp: compile: /linux/seccomp/syscalls/3/args/0: no' >&2; exit 2", "/linux/seccomp/syscalls/3/args/0", "no", fail.CodeSpec},
		"host":    {"echo 'gt-seccomp: built without libseccomp' >&2; exit 1", "/linux/seccomp", "built without libseccomp", fail.CodeHost},
		"silent":  {"exit 3", "", "exit code 3", fail.CodeHost},
		"killed":  {"kill -9 $$", "", "signal 9", fail.CodeHost},
		"nothing": {"exit 0", "", "0 bytes", fail.CodeHost},
		"odd":     {"echo abc", "", "4 bytes", fail.CodeHost},
		"dropped": {"test -z \"$SECRET\" && test $# = 1 && cat >&2 && exit 1", "/linux/seccomp", `"defaultAction":"SCMP_ACT_ALLOW"`, fail.CodeHost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("SECRET", "x")
			opt, _ := counting(t)
			must(t, os.WriteFile(opt.Helper, []byte("#!/bin/sh\n"+c.script+"\n"), 0o755))
			_, err := Filter(some, opt)
			d := fail.Details(err)
			if err == nil || d.Code != c.code || d.Member != c.member || !strings.Contains(err.Error(), c.text) {
				t.Errorf("code %s member %s: %v", d.Code, d.Member, err)
			}
			if entries, _ := os.ReadDir(opt.CacheDir); len(entries) > 0 {
				t.Error("something was kept")
			}
		})
	}
	t.Run("missing", func(t *testing.T) {
		_, err := Filter(some, Options{Helper: "/nonexistent/gt-seccomp"})
		want := "/linux/seccomp: compile filter: need /nonexistent/gt-seccomp: no such file or directory"
		if fmt.Sprint(err) != want || fail.Details(err).Code != fail.CodeHost {
			t.Errorf("have %v\nwant %s", err, want)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
