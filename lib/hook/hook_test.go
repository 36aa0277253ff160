package hook

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// sh is a hook that runs a line of shell.
func sh(line string, timeout int) specs.Hook {
	h := specs.Hook{Path: "/bin/sh", Args: []string{"sh", "-c", line}, Env: []string{"PATH=/usr/bin:/bin"}}
	if timeout > 0 {
		h.Timeout = &timeout
	}
	return h
}

// script is a hook in a file that writes what it sees to out.
func script(t *testing.T, text string) (path, out string) {
	t.Helper()
	dir := t.TempDir()
	path, out = dir+"/hook", dir+"/out"
	text = strings.ReplaceAll(text, "OUT", out)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path, out
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRunHandsOver(t *testing.T) {
	t.Setenv("SECRET", "x")
	path, out := script(t, `{ echo "$0 $# $1"; cat; echo; pwd; /usr/bin/env; } > OUT`)
	dir := t.TempDir()
	state := []byte(`{"id":"web"}`)
	h := []specs.Hook{{Path: path, Args: []string{"other", "a b"}, Env: []string{"K=v"}}}
	if err := Run("createRuntime", h, state, Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	have := read(t, out)
	if !strings.HasPrefix(have, path+" 1 a b\n{\"id\":\"web\"}\n"+dir+"\n") || !strings.Contains(have, "K=v\n") || strings.Contains(have, "SECRET") {
		t.Errorf("have %s", have)
	}
	h[0].Args, h[0].Env = nil, nil
	if err := Run("createRuntime", h, state, Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if have = read(t, out); strings.Contains(have, "SECRET") || strings.Contains(have, "HOME") {
		t.Errorf("nil is not an empty environment: %s", have)
	}
}

// TestRunHidesDescriptors: not even those that an engine left open in us.
func TestRunHidesDescriptors(t *testing.T) {
	null, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	const stray = 57
	if err := unix.Dup3(int(null.Fd()), stray, 0); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(stray)
	path, out := script(t, `ls -l /proc/$$/fd > OUT`)
	if err := Run("prestart", []specs.Hook{{Path: path}}, []byte("{}"), Options{}); err != nil {
		t.Fatal(err)
	}
	// 10 is the shell's own script.
	for line := range strings.Lines(read(t, out)) {
		if strings.Contains(line, " 57 ->") || strings.Contains(line, "/dev/null") {
			t.Errorf("have %s", line)
		}
	}
}

func TestRunFails(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for _, c := range []struct {
		name, want string
		h          specs.Hook
		code       fail.Code
	}{
		{"code", "exit code 4: no disk", sh("echo no disk >&2; exit 4", 0), fail.CodeHook},
		{"silent", "exit code 1", sh("exit 1", 0), fail.CodeHook},
		{"signal", "killed by SIGTERM (terminated)", sh("kill -TERM $$", 0), fail.CodeHook},
		{"long", "exit code 3: " + long[:4095-len("end")] + "end", sh("printf "+long+"end; echo; exit 3", 0), fail.CodeHook},
		{"late", "still running after 3 s, killed: begun", sh("echo begun; sleep 100", 3), fail.CodeHook},
		{"missing", "no such file or directory", specs.Hook{Path: "/nonesuch"}, fail.CodeHook},
		{"no program", "permission denied", specs.Hook{Path: "/etc/passwd"}, fail.CodeHook},
	} {
		begun := time.Now()
		err := Run("createRuntime", []specs.Hook{sh("true", 0), c.h}, []byte("{}"), Options{})
		if err == nil {
			t.Errorf("%s: have no error", c.name)
			continue
		}
		head := "/hooks/createRuntime/1: run hook " + c.h.Path + ": after "
		if !strings.HasPrefix(err.Error(), head) || !strings.HasSuffix(err.Error(), "s: "+c.want) || fail.Details(err).Code != c.code {
			t.Errorf("%s: have %v, need %s", c.name, err, c.want)
		}
		if took := time.Since(begun); took > time.Minute {
			t.Errorf("%s: took %s", c.name, took)
		}
	}
	err := Run("prestart", []specs.Hook{sh("true", 0)}, nil, Options{Dir: "/nonesuch"})
	if err == nil || !strings.HasSuffix(err.Error(), "stat /nonesuch: no such file or directory") {
		t.Errorf("have %v", err)
	}
}

// TestRunKillsChildren: what a late hook started does not go on.
func TestRunKillsChildren(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	h := []specs.Hook{sh("sleep 100 & echo $! >"+pidFile+"; wait", 3)}
	if err := Run("prestart", h, nil, Options{}); err == nil {
		t.Fatal("have no error")
	}
	pid := strings.TrimSpace(read(t, pidFile))
	for range 6000 {
		b, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil || strings.Contains(string(b), ") Z") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %s goes on", pid)
}

// TestRunUnread: a state larger than a pipe, and a hook that reads none of it.
func TestRunUnread(t *testing.T) {
	state := []byte(strings.Repeat("x", 1<<20))
	if err := Run("poststop", []specs.Hook{sh("exit 0", 60), sh("test $(wc -c) = 1048576", 60)}, state, Options{}); err != nil {
		t.Error(err)
	}
	if err := Run("poststop", []specs.Hook{sh("head -c 10000000 /dev/zero", 60)}, nil, Options{}); err != nil {
		t.Error(err)
	}
}

func TestRunOrderTraceAndFailed(t *testing.T) {
	out := t.TempDir() + "/out"
	add := func(word, end string) specs.Hook { return sh("echo "+word+" >>"+out+"; "+end, 0) }
	hooks := []specs.Hook{add("a", "true"), add("b", "false"), add("c", "true")}
	var names []string
	trace := func(name string, took time.Duration) {
		if took <= 0 {
			t.Errorf("%s took %s", name, took)
		}
		names = append(names, name)
	}
	if err := Run("poststop", hooks, nil, Options{Trace: trace}); err == nil {
		t.Error("have no error")
	}
	if have := read(t, out); have != "a\nb\n" || strings.Join(names, " ") != "poststop/0 poststop/1" {
		t.Errorf("have %q %v", have, names)
	}
	var failed []error
	if err := Run("poststop", hooks, nil, Options{Failed: func(err error) { failed = append(failed, err) }}); err != nil {
		t.Error(err)
	}
	if have := read(t, out); have != "a\nb\na\nb\nc\n" || len(failed) != 1 || fail.Details(failed[0]).Member != "/hooks/poststop/1" {
		t.Errorf("have %q %v", have, failed)
	}
}

func BenchmarkRun(b *testing.B) {
	path, err := exec.LookPath("true")
	if err != nil {
		b.Skip("no true")
	}
	for b.Loop() {
		if err := Run("prestart", []specs.Hook{{Path: path}}, []byte("{}"), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
