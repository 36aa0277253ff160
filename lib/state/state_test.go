package state

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

func TestCheckID(t *testing.T) {
	for _, id := range []string{"a", "web-1", "A_b+c.d", "0", "-x", strings.Repeat("x", 255)} {
		if err := CheckID(id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	for id, want := range map[string]string{
		"": "ID is empty", ".": "is a directory", "..": "is a directory", "a/b": `has '/'`, "a b": `has ' '`,
		"../x": `has '/'`, "é": `has 'é'`, "a\x00": `has '\x00'`, "a\n": `has '\n'`, "\xff": "has '�'",
		".seccomp": "state directory's own", "events.jsonl": "state directory's own",
		strings.Repeat("x", 256): "ID has 256 characters, need at most 255",
	} {
		err := CheckID(id)
		if err == nil || !strings.Contains(err.Error(), want) || fail.Exit(err) != 2 {
			t.Errorf("%q: have %v, need %s", id, err, want)
		}
	}
}

// newEntry makes an entry in a state directory that is not there yet.
func newEntry(t *testing.T, id string) (*Root, *Entry) {
	t.Helper()
	r, err := Open(t.TempDir() + "/deep/root")
	if err != nil {
		t.Fatal(err)
	}
	e, err := r.Create(id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Unlock)
	return r, e
}

func TestCreate(t *testing.T) {
	r, e := newEntry(t, "web")
	for path, want := range map[string]os.FileMode{r.dir: 0o711, e.Dir(): 0o700, e.Path("lock"): 0o600} {
		if st, err := os.Stat(path); err != nil || st.Mode().Perm() != want {
			t.Errorf("%s: have %v %v, need %v", path, st.Mode(), err, want)
		}
	}
	_, err := r.Create("web")
	if fail.Details(err).Code != fail.CodeExists || !strings.Contains(err.Error(), "container with this ID exists, need") {
		t.Errorf("have %v", err)
	}
	if err := e.WriteState(&State{ID: "web"}); err != nil {
		t.Fatal(err)
	}
	if _, err = r.Create("web"); !strings.Contains(err.Error(), "exists, status creating, need") {
		t.Errorf("have %v", err)
	}
	if _, err = r.Create("../web"); fail.Details(err).Code != fail.CodeUsage {
		t.Errorf("have %v", err)
	}
}

func TestCreateOnce(t *testing.T) {
	r, _ := Open(t.TempDir() + "/root")
	var won, lost int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			e, err := r.Create("web")
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
				defer e.Unlock()
			} else if fail.Details(err).Code == fail.CodeExists {
				lost++
			}
		})
	}
	wg.Wait()
	if won != 1 || lost != 15 {
		t.Errorf("have %d winners and %d refused", won, lost)
	}
}

func TestEntryAndList(t *testing.T) {
	r, _ := newEntry(t, "b")
	e, err := r.Create("a")
	if err != nil {
		t.Fatal(err)
	}
	e.Unlock()
	for _, d := range []string{".seccomp", ".removed-x-1", "bad name"} {
		if err := os.Mkdir(r.dir+"/"+d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc", r.dir+"/link"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.dir+"/events.jsonl", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := r.List()
	if err != nil || len(list) != 2 || list[0].ID != "a" || list[1].ID != "b" {
		t.Errorf("have %v %v", list, err)
	}
	for _, id := range []string{"c", "link"} {
		if _, err := r.Entry(id); fail.Details(err).Code != fail.CodeNoSuch || !strings.Contains(err.Error(), `container "`+id+`" does not exist`) {
			t.Errorf("%s: have %v", id, err)
		}
	}
	gone, err := r.Removed()
	if err != nil || len(gone) != 1 || gone[0] != r.dir+"/.removed-x-1" {
		t.Errorf("have %v %v", gone, err)
	}
	none, _ := Open(r.dir + "/none")
	if list, err := none.List(); list != nil || err != nil {
		t.Errorf("have %v %v", list, err)
	}
	if _, err := none.Entry("a"); fail.Details(err).Code != fail.CodeNoSuch {
		t.Errorf("have %v", err)
	}
}

func full() *State {
	return &State{
		Passing: true, Reviving: true,
		OCIVersion: "1.3.0", ID: "web", Bundle: "/b \"é\"\n", Rootfs: "/b/r", Created: "2026-01-02T03:04:05.000000006Z", Owner: "0",
		Annotations: map[string]string{"a<b": "&", "": "\x01"}, Pid: 7, PidStart: 1<<64 - 1, BootID: "x",
		CgroupMode: "hybrid", Cgroups: map[string]string{"": "/sys/fs/cgroup/unified/web", "memory": "/sys/fs/cgroup/memory/web"},
	}
}

func TestWriteAndRead(t *testing.T) {
	_, e := newEntry(t, "web")
	if _, err := e.ReadState(); !errors.Is(err, ErrNoState) || !strings.Contains(err.Error(), "gt-oci gc removes it") {
		t.Errorf("have %v", err)
	}
	for _, s := range []*State{full(), {ID: "web"}} {
		if err := e.WriteState(s); err != nil {
			t.Fatal(err)
		}
		if have, err := e.ReadState(); err != nil || !reflect.DeepEqual(have, s) {
			t.Errorf("have %+v %v", have, err)
		}
	}
	if err := e.WriteConfig([]byte("{}")); err != nil {
		t.Fatal(err)
	}
	if b, err := e.ReadConfig(); err != nil || string(b) != "{}" {
		t.Errorf("have %s %v", b, err)
	}
	names, _ := os.ReadDir(e.Dir())
	if len(names) != 3 {
		t.Errorf("have %v, need config.json, lock and state.json", names)
	}
	for text, want := range map[string]string{
		"": "state.json: ", "{": "state.json: ", `{"id":"db"}`: `id is "db", need the directory's name`, `{"id":"web","pid":"x"}`: "pid",
	} {
		if err := os.WriteFile(e.Path("state.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := e.ReadState(); err == nil || !strings.Contains(err.Error(), want) || fail.Details(err).Code != fail.CodeInput {
			t.Errorf("%s: have %v, need %s", text, err, want)
		}
	}
}

// TestEncode holds the writer to encoding/json and the tags.
func TestEncode(t *testing.T) {
	want, err := json.Marshal(full())
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if json.Unmarshal(want, &a) != nil || json.Unmarshal(encode(full()), &b) != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("have %s, need %s", encode(full()), want)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(full()))
	f.Add([]byte(`{"id":"a","unknown":{"x":[1,2]},"pid":-1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decode(b)
		if err != nil {
			return
		}
		again, err := decode(encode(s))
		if err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if len(s.Annotations) == 0 {
			s.Annotations = again.Annotations
		}
		if len(s.Cgroups) == 0 {
			s.Cgroups = again.Cgroups
		}
		if !reflect.DeepEqual(s, again) {
			t.Fatalf("%s: have %+v, need %+v", b, again, s)
		}
		if !json.Valid(s.OCI(Running)) {
			t.Fatalf("have %s", s.OCI(Running))
		}
	})
}

func TestGate(t *testing.T) {
	_, e := newEntry(t, "web")
	if err := e.MakeGate(); err != nil {
		t.Fatal(err)
	}
	if err := e.MakeGate(); !errors.Is(err, unix.EEXIST) {
		t.Errorf("have %v", err)
	}
	for range 2 {
		if err := e.RemoveGate(); err != nil {
			t.Error(err)
		}
	}
}

func TestStatus(t *testing.T) {
	_, e := newEntry(t, "web")
	boot, err := BootID()
	if err != nil || len(boot) != 36 {
		t.Fatal(boot, err)
	}
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	start, err := StartTime(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	s := &State{ID: "web", Pid: cmd.Process.Pid, PidStart: start, BootID: boot}
	need := func(want Status) {
		t.Helper()
		if have, err := e.Status(s); have != want || err != nil {
			t.Errorf("have %s %v, need %s", have, err, want)
		}
	}
	if err := e.MakeGate(); err != nil {
		t.Fatal(err)
	}
	waits, err := unix.Open(e.GatePath(), unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	need(Created)
	_ = unix.Close(waits)
	need(Running) // the gate was left by a start that was killed
	if st, err := os.Lstat(e.GatePath()); err != nil || st.Mode() != os.ModeNamedPipe|0o600 {
		t.Errorf("have %v %v", st, err)
	}
	if err := e.RemoveGate(); err != nil {
		t.Fatal(err)
	}
	need(Running)
	s.PidStart++
	need(Stopped) // another process has the PID
	s.PidStart--
	s.BootID = "another"
	need(Stopped)
	s.BootID = boot
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	fds := []unix.PollFd{{Fd: int32(pidfd(t, cmd.Process.Pid)), Events: unix.POLLIN}}
	if _, err := unix.Poll(fds, 5000); err != nil {
		t.Fatal(err)
	}
	need(Stopped) // a zombie
	s.Pid = 0
	need(Creating)
}

func pidfd(t *testing.T, pid int) int {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

func TestStartTime(t *testing.T) {
	field := strings.Repeat(" 0", 18)
	for _, c := range []struct {
		stat string
		want uint64
		err  error
	}{
		{"7 (a) b) (c) S" + field + " 42 0\n", 42, nil},
		{"7 (x) Z" + field + " 42 0\n", 0, unix.ESRCH},
		{"7 (x) Z" + strings.Repeat(" 0", 16) + " 2 0 42 0\n", 42, nil}, // other threads go on
		{"7 (x) X" + field + " 42 0\n", 0, unix.ESRCH},
	} {
		if have, err := startTime([]byte(c.stat)); have != c.want || err != c.err {
			t.Errorf("%s: have %d %v", c.stat, have, err)
		}
	}
	for _, stat := range []string{"", "7", "7 (x", "7 (x) S 1 2"} {
		if have, err := startTime([]byte(stat)); err == nil {
			t.Errorf("%q: have %d, need an error", stat, have)
		}
	}
	if _, err := StartTime(1 << 30); err != unix.ESRCH {
		t.Errorf("have %v", err)
	}
	if ok, err := Alive(os.Getpid(), 1); ok || err != nil {
		t.Errorf("have %v %v", ok, err)
	}
	if ok, err := Alive(-1, 0); ok || err != nil {
		t.Errorf("have %v %v", ok, err)
	}
}
