package cgroup

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// newGroup makes a group in every hierarchy of this host.
func newGroup(t *testing.T) *Group {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("need root to make cgroups")
	}
	g, err := Locate("/gt-cgroup-"+itoa(uint64(os.Getpid())), "")
	if err != nil {
		t.Skip(err)
	}
	if err := g.Create(); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := g.Unmake(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// sleeper is a process in the group.
func sleeper(t *testing.T, g *Group) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sleep", "1000")
	dir, err := g.OpenDir()
	if err != nil {
		t.Fatal(err)
	}
	if dir >= 0 {
		defer unix.Close(dir)
		cmd.SysProcAttr = &unix.SysProcAttr{UseCgroupFD: true, CgroupFD: dir}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if err := g.Enter(cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func resources(t *testing.T, text string) *specs.LinuxResources {
	t.Helper()
	r := &specs.LinuxResources{}
	if err := json.Unmarshal([]byte(text), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestUpdates goes through limits in both directions, each pair of which has an
// order that the kernel refuses.
func TestUpdates(t *testing.T) {
	g := newGroup(t)
	if g.mode == V2 || g.dir("memory") == "" || g.dir("cpu") == "" {
		t.Skip("need the v1 controllers memory and cpu")
	}
	for _, text := range []string{
		`{"memory":{"limit":67108864},"cpu":{"period":100000,"quota":50000}}`,
		`{"memory":{"limit":268435456},"cpu":{"period":50000,"quota":1000}}`,
		`{"memory":{"limit":33554432},"cpu":{"period":200000,"quota":150000}}`,
		`{"memory":{"limit":-1},"cpu":{"quota":-1}}`,
		`{"memory":{"limit":67108864},"pids":{"limit":10}}`,
	} {
		r := resources(t, text)
		if _, err := g.Update(r); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, s := range settingsV1(r) {
			have, err := read(g.dir(s.controller), s.file)
			if err != nil && s.optional {
				continue
			}
			if s.value != "-1" && have != s.value {
				t.Errorf("%s: %s is %s, need %s", text, s.file, have, s.value)
			}
		}
	}
	_, serr := read(g.dir("memory"), "memory.memsw.limit_in_bytes")
	if serr != nil {
		t.Log("no swap accounting: memory with swap is not tried")
		return
	}
	for _, text := range []string{
		`{"memory":{"limit":67108864,"swap":67108864}}`, `{"memory":{"limit":268435456,"swap":268435456}}`,
		`{"memory":{"limit":33554432,"swap":33554432}}`, `{"memory":{"limit":-1}}`,
	} {
		if _, err := g.Update(resources(t, text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestRefusedLimits: the kernel's refusal comes with the member and the file.
func TestRefusedLimits(t *testing.T) {
	g := newGroup(t)
	for text, member := range map[string]string{
		`{"cpu":{"cpus":"4000"}}`:                                                   "/linux/resources/cpu/cpus",
		`{"rdma":{"x":{"hcaHandles":1}}}`:                                           "/linux/resources/rdma/x",
		`{"hugepageLimits":[{"pageSize":"3MB","limit":1}]}`:                         "/linux/resources/hugepageLimits/0",
		`{"unified":{"../../../../../../tmp/x":"1"}}`:                               "/linux/resources/unified",
		`{"blockIO":{"throttleReadBpsDevice":[{"major":4000,"minor":1,"rate":1}]}}`: "/linux/resources/blockIO/throttleReadBpsDevice/0",
	} {
		err := g.Apply(resources(t, text))
		if d := fail.Details(err); err == nil || !strings.HasPrefix(d.Member, member) {
			t.Errorf("%s: have %v, need a refusal of %s", text, err, member)
		}
	}
}

func TestFreezeAndKill(t *testing.T) {
	g := newGroup(t)
	cmd := sleeper(t, g)
	if pids, err := g.Pids(); err != nil || len(pids) != 1 || pids[0] != cmd.Process.Pid {
		t.Fatalf("have %v %v, need %d", pids, err, cmd.Process.Pid)
	}
	for _, on := range []bool{true, true, false, false, true} {
		if err := g.freeze(on); err != nil {
			t.Fatal(err)
		}
		if have, err := g.Frozen(); err != nil || have != on {
			t.Fatalf("frozen is %v %v, need %v", have, err, on)
		}
	}
	// A second user of the group is told why not.
	for _, why := range []string{"has processes"} {
		if err := g.Create(); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("have %v, need %s", err, why)
		}
	}
	if err := g.Kill(unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := g.Thaw(); err != nil { // dying needs it on v1
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err == nil || !strings.Contains(err.Error(), "killed") {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("lives on after the kill")
	}
}

// TestFrozenEmpty: an empty group that is frozen would hang a birth.
func TestFrozenEmpty(t *testing.T) {
	g := newGroup(t)
	if err := g.Freeze(); err != nil {
		t.Fatal(err)
	}
	if err := g.Create(); err == nil || !strings.Contains(err.Error(), "is frozen") {
		t.Errorf("have %v", err)
	}
	if err := g.Thaw(); err != nil {
		t.Fatal(err)
	}
	if err := g.Create(); err != nil {
		t.Error(err)
	}
}

// TestUnmake: what was there before stays.
func TestUnmake(t *testing.T) {
	g := newGroup(t)
	second := &Group{mode: g.mode, dirs: map[string]string{}}
	for name, dir := range g.dirs {
		second.dirs[name] = dir
	}
	if err := second.Create(); err != nil {
		t.Fatal(err)
	}
	if err := second.Unmake(); err != nil {
		t.Fatal(err)
	}
	deep := &Group{mode: g.mode, dirs: map[string]string{}}
	for name, dir := range g.dirs {
		if _, err := os.Stat(dir); err != nil {
			t.Errorf("is gone: %v", err)
		}
		deep.dirs[name] = dir + "/a/b"
	}
	if err := deep.Create(); err != nil {
		t.Fatal(err)
	}
	if err := deep.Unmake(); err != nil {
		t.Fatal(err)
	}
	for _, dir := range g.dirs {
		if _, err := os.Stat(dir + "/a"); err == nil {
			t.Errorf("%s/a is left", dir)
		}
	}
}
