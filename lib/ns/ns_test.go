package ns

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func TestOpen(t *testing.T) {
	s, err := Open([]specs.LinuxNamespace{
		{Type: specs.MountNamespace},
		{Type: specs.CgroupNamespace},
		{Type: specs.NetworkNamespace, Path: "/proc/self/ns/net"},
		{Type: specs.UTSNamespace, Path: "/proc/self/ns/uts"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.New != unix.CLONE_NEWNS || !s.Cgroup || len(s.Join) != 2 || s.Join[0].Flags != unix.CLONE_NEWUTS {
		t.Errorf("have %+v, need mount and cgroup new, uts and net joined in this order", s)
	}
	if !s.Has(unix.CLONE_NEWNET) || s.Creates(unix.CLONE_NEWNET) || s.Has(unix.CLONE_NEWPID) || !s.Has(unix.CLONE_NEWCGROUP) {
		t.Errorf("have %+v", s)
	}
}

func TestOpenRefuses(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(time.Minute, func() { panic("Open hangs") })
	defer late.Stop()
	for path, want := range map[string]string{
		fifo:                "is no such namespace, need one of type net",
		"/dev/zero":         "is no such namespace",
		"/":                 "is no such namespace",
		"/proc/self/status": "is no such namespace",
		"/proc/self/ns/uts": "is no such namespace",
		"/nothere":          "no such file or directory",
	} {
		_, err := Open([]specs.LinuxNamespace{{Type: specs.PIDNamespace}, {Type: specs.NetworkNamespace, Path: path}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "/linux/namespaces/1/path: ") {
			t.Errorf("%s: have %v, need %s", path, err, want)
		}
	}
}

func TestNames(t *testing.T) {
	names := Names()
	if len(names) != 8 || !slices.IsSorted(names) || File(specs.MountNamespace) != "mnt" || File("moon") != "" || Name(unix.CLONE_NEWTIME) != "time" {
		t.Errorf("have %q", names)
	}
}
