package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/scene"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// CRIU locks the network of what it dumps, and leaves the lock to vanish with
// the network namespace, or to the restore. A namespace joined by a path stays:
// there the lock would drop every packet for ever.

// runID is that of a dump, which names its lock: a table of nft has CRIU- and as
// much of it as there is room for.
var runID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

func lockOf(images string) (string, error) {
	b, err := os.ReadFile(filepath.Join(images, "inventory.img"))
	if err != nil {
		return "", err
	}
	return string(runID.Find(b)), nil
}

// unlock takes the lock of a dump away; id is "" for any, where CRIU was killed.
func unlock(netns *os.File, id string) error {
	return scene.Within(netns, func() error {
		if _, err := exec.LookPath("nft"); err != nil {
			return unlockLegacy()
		}
		out, err := exec.Command("nft", "list", "tables").Output()
		if err != nil {
			return &fail.Error{Code: fail.CodeHost, Op: "nft list tables", Cause: err}
		}
		for line := range strings.Lines(string(out)) {
			f := strings.Fields(line)
			if len(f) != 3 || !strings.HasPrefix(f[2], "CRIU-") {
				continue
			}
			if id != "" && !strings.HasPrefix(id, strings.TrimPrefix(f[2], "CRIU-")) {
				continue
			}
			if err := exec.Command("nft", "delete", "table", f[1], f[2]).Run(); err != nil {
				return &fail.Error{Code: fail.CodeHost, Op: "nft delete table " + f[2], Cause: err}
			}
		}
		return nil
	})
}

// unlockLegacy is for hosts without nft; what is not there need not be removed.
func unlockLegacy() error {
	for _, program := range []string{"iptables", "ip6tables"} {
		for _, args := range [][]string{{"-D", "INPUT", "-j", "CRIU"}, {"-D", "OUTPUT", "-j", "CRIU"}, {"-F", "CRIU"}, {"-X", "CRIU"}} {
			_ = exec.Command(program, append([]string{"-w"}, args...)...).Run()
		}
	}
	return nil
}

// openNetwork keeps the namespace that a container joined at hand, for after
// its end.
func (d *dumping) openNetwork() (err error) {
	if d.facts.net == "host" || d.netns != nil {
		return nil
	}
	d.netns, err = os.Open("/proc/" + itoa(d.ct.State.Pid) + "/ns/net")
	return err
}

// release takes the lock away where the namespace stays. With TCP connections
// in a checkpoint for later it has to hold: without it this host would end them.
func (d *dumping) release() error {
	if d.netns == nil || d.leave || d.preDump || d.facts == nil || d.facts.net != "joined" || d.tcp && d.far == nil {
		return nil
	}
	return unlock(d.netns, d.runID)
}

// releaseKept does that for a checkpoint that is removed.
func releaseKept(dir string, s *specs.Spec) error {
	for _, n := range s.Linux.Namespaces {
		if n.Type != specs.NetworkNamespace || n.Path == "" {
			continue
		}
		f, err := os.Open(n.Path)
		if os.IsNotExist(err) {
			return nil
		}
		if err != nil {
			return err
		}
		defer f.Close()
		id, err := lockOf(filepath.Join(dir, "checkpoint"))
		if err != nil || id == "" {
			return err
		}
		return unlock(f, id)
	}
	return nil
}
