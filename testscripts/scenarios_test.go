// Package testscripts runs the scenarios: one behaviour of the real binaries a
// file, as a user or an engine would meet it.
//
// A scenario is scenarios/CATEGORY_what.txtar; its first line is the claim. It
// has the environment of Setup, the conditions of condition_test.go and the
// commands of command_test.go beside testscript's own. What it makes it has to
// remove: whatever is left at its end is named, cleaned and fails it.
//
//	ID                  an ID no other scenario has; use $ID, $ID-2, …
//	WORK                the work directory, 0711
//	GOPHERTAINER_ROOT   $WORK/state
//	BIN, REPO           the binaries under test; the root of the repository
//	RACE                how often a raced scenario tries: GT_RACE, else 60
//	PEERS               where runc and crun are, in bin/, with [peer:runc] or [peer:crun]
//	PATH                the binaries under test, testscripts/path, the host's, the peers'
//
// `bundle DIR ARG…` makes a bundle of tiny, `v2-only COMMAND…` runs where the
// host has cgroup2 alone; both are in testscripts/path.
//
// A container inherits the standard output of `create`, and `exec` waits until
// that is closed: give create --stdio=null, or redirect through sh -c.
package testscripts

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// binDir is where make puts the binaries; TestMain makes it absolute.
var binDir = "../bin"

func TestMain(m *testing.M) {
	if dir := os.Getenv("GT_BIN"); dir != "" {
		binDir = dir
	}
	var err error
	if binDir, err = filepath.Abs(binDir); err != nil {
		panic(err)
	}
	scripts, err := filepath.Abs("path")
	if err != nil {
		panic(err)
	}
	// testscript forgets its directory when -run leaves out a scenario.
	tmp, err := os.MkdirTemp("", "gt-scenes")
	if err != nil {
		panic(err)
	}
	if err := os.Chmod(tmp, 0o711); err != nil {
		panic(err)
	}
	os.Setenv("GOTMPDIR", tmp)
	// Conditions such as [exec:jq] look into this process's own PATH.
	os.Setenv("PATH", binDir+":"+scripts+":"+os.Getenv("PATH")+":"+filepath.Join(peers(), "bin")+":"+engines()+more)
	code := m.Run()
	// What is not empty has something mounted or wanted to be looked at.
	dirs, _ := filepath.Glob(tmp + "/*")
	for _, d := range append(dirs, tmp) {
		os.Remove(d)
	}
	os.Exit(code)
}

// peers is where scripts/install-peers.sh puts crun and runc.
func peers() string {
	if dir := os.Getenv("PEERS"); dir != "" {
		return dir
	}
	if _, err := os.Stat("/opt/gophertainer-peers"); err == nil {
		return "/opt/gophertainer-peers"
	}
	return "/opt/peers"
}

// engines is where scripts/install-engines.sh puts containerd, docker and podman.
func engines() string { return "/opt/gophertainer-engines/bin" }

// more is where scripts/install-cni.sh puts cnitool, and crictl is if it is.
const more = ":/opt/gophertainer-cni/bin:/opt/gophertainer-engines-go/bin"

func TestScenarios(t *testing.T) {
	needBinaries(t)
	deadline, _ := t.Deadline()
	testscript.Run(t, testscript.Params{
		Dir:                 "scenarios",
		Setup:               setup,
		Condition:           condition,
		Cmds:                commands,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Deadline:            deadline,
		UpdateScripts:       os.Getenv("GT_UPDATE") == "1",
	})
}

// needBinaries holds bin/ to what cmd/ has. Under make test a missing binary
// is a broken build; a bare go test ./... merely has nothing to run.
func needBinaries(t *testing.T) {
	mains, err := filepath.Glob("../cmd/*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mains {
		bin := filepath.Join(binDir, filepath.Base(filepath.Dir(m)))
		_, err := os.Stat(bin)
		switch {
		case err == nil:
		case os.Getenv("GT_BIN") != "":
			t.Fatal(err)
		case errors.Is(err, fs.ErrNotExist):
			t.Skipf("%s is not built, need: make build", bin)
		default:
			t.Fatal(err)
		}
	}
}

// setup gives a scenario its directory, environment and clean-up.
func setup(env *testscript.Env) error {
	// Processes in a user namespace have to pass through both.
	for _, dir := range []string{filepath.Dir(env.WorkDir), env.WorkDir} {
		if err := os.Chmod(dir, 0o711); err != nil {
			return err
		}
	}
	sum := sha256.Sum256([]byte(env.WorkDir))
	s := &scene{work: env.WorkDir, id: "t" + hex.EncodeToString(sum[:4])}
	s.state = filepath.Join(s.work, "state")
	env.Setenv("ID", s.id)
	env.Setenv("BIN", binDir)
	env.Setenv("PEERS", peers())
	env.Setenv("RACE", strconv.Itoa(rounds()))
	if root, err := filepath.Abs(".."); err == nil {
		env.Setenv("REPO", root)
	}
	env.Setenv("HOME", s.work)
	env.Setenv("GOPHERTAINER_ROOT", s.state)
	env.Setenv("XDG_RUNTIME_DIR", filepath.Join(s.work, ".run"))
	env.Values[sceneKey{}] = s
	if err := s.watch(canaries()...); err != nil {
		return err
	}
	t := env.T()
	stop := s.limit(allowance())
	env.Defer(func() {
		stop()
		s.end(t)
	})
	return nil
}
