package relay

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
)

// pasta opens nothing that nobody asked for, and every port that was.
func TestPastaArgs(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "--tcp-ports none --udp-ports none",
		"8080:80":                     "--tcp-ports 8080:80 --udp-ports none",
		"127.0.0.1:8080:80":           "--tcp-ports 127.0.0.1/8080:80 --udp-ports none",
		"[2001:db8::1]:53-54:5-6/udp": "--tcp-ports none --udp-ports 2001:db8::1/53:5 --udp-ports 2001:db8::1/54:6",
	} {
		r := &Relay{Base: "/x/r1", IfName: "eth0", Pid: os.Getpid()}
		if text != "" {
			ports, err := store.ParsePorts(text)
			if err != nil {
				t.Fatal(err)
			}
			r.Ports = ports
		}
		args := r.pastaArgs()
		if got := strings.Join(args, " "); !strings.HasSuffix(got, want) || !slices.Contains(args, "--no-map-gw") {
			t.Errorf("%q: %s, need the end %s", text, got, want)
		}
	}
}

// Stop ends the process that is known by the path, and no other one.
func TestStop(t *testing.T) {
	base := filepath.Join(t.TempDir(), "r1")
	start := func(arg0 string) *exec.Cmd {
		c := exec.Command("sleep", "100")
		c.Args[0] = arg0
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
		return c
	}
	ours, other := start(base+".slirp4netns"), start(base+"2.slirp4netns")
	ended := make(chan struct{})
	go func() { _ = ours.Wait(); close(ended) }()
	if pid, err := Find(base); err != nil || pid != ours.Process.Pid {
		t.Fatalf("found %d, %v, need %d", pid, err, ours.Process.Pid)
	}
	for range 2 {
		if err := Stop(base); err != nil {
			t.Fatal(err)
		}
	}
	<-ended
	if !is(other.Process.Pid, base+"2") {
		t.Error("another process was ended")
	}
}
