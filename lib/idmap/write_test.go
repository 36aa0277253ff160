package idmap

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// TestMain is also the process without privilege that writes a map.
func TestMain(m *testing.M) {
	if text := os.Getenv("IDMAP_WRITE"); text != "" {
		maps, err := Default()
		if text != "default" {
			maps.UID, err = Parse([]byte(text))
			maps.GID = maps.UID
		}
		if err == nil {
			err = inNamespace(maps)
		}
		if err != nil {
			os.Stdout.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// inNamespace writes the maps of a process in a new user namespace and prints
// what the kernel then has.
func inNamespace(maps Maps) error {
	cmd := exec.Command("/bin/sleep", "60")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER, Pdeathsig: unix.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	if err := maps.Write(cmd.Process.Pid); err != nil {
		return err
	}
	for _, f := range []string{"uid_map", "gid_map"} {
		m, err := Read("/proc/" + strconv.Itoa(cmd.Process.Pid) + "/" + f)
		if err != nil {
			return err
		}
		os.Stdout.WriteString(f + " " + strings.ReplaceAll(strings.TrimSpace(string(m.Text())), "\n", ",") + "\n")
	}
	return nil
}

// asUser runs the test binary again as another user.
func asUser(t *testing.T, uid uint32, text string) (string, error) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("not root, need it to become another user")
	}
	exe, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "idmap")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "idmap.test")
	out, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, exe); err != nil {
		t.Fatal(err)
	}
	exe.Close()
	out.Close()
	cmd := exec.Command(name)
	cmd.Dir = "/"
	cmd.Env = []string{"IDMAP_WRITE=" + text}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	b, err := cmd.Output()
	if strings.Contains(string(b), "fork/exec /bin/sleep") {
		t.Skipf("no user namespaces for users: %s", b)
	}
	return string(b), err
}

func TestWriteOwn(t *testing.T) {
	have, err := asUser(t, 54321, "0 54321 1")
	if want := "uid_map 0 54321 1\ngid_map 0 54321 1\n"; err != nil || have != want {
		t.Errorf("have %q %v, need %q", have, err, want)
	}
}

func TestWriteMoreThanOwn(t *testing.T) {
	have, err := asUser(t, 54321, "0 54321 1\n1 100000 65536")
	if err == nil {
		t.Fatalf("have %q, need a refusal: the user has no grant", have)
	}
	if users.find() == "" {
		if !strings.Contains(have, "have no newuidmap in /usr/bin or /bin") {
			t.Errorf("have %q", have)
		}
	} else if !strings.Contains(have, "/etc/subuid needs a line 54321:100000:65536") {
		t.Errorf("have %q", have)
	}
}

func TestWriteDefault(t *testing.T) {
	have, err := asUser(t, 54321, "default")
	if want := "uid_map 0 54321 1\ngid_map 0 54321 1\n"; err != nil || have != want {
		t.Errorf("have %q %v, need %q", have, err, want)
	}
}

func TestWriteAsRoot(t *testing.T) {
	have, err := asUser(t, 0, "0 100000 65536\n65536 200000 10")
	if want := "uid_map 0 100000 65536,65536 200000 10\ngid_map 0 100000 65536,65536 200000 10\n"; err != nil || have != want {
		t.Errorf("have %q %v, need %q", have, err, want)
	}
}

func TestWriteNoProcess(t *testing.T) {
	err := Maps{UID: Map{{Size: 1}}}.Write(1 << 30)
	if !errors.Is(err, unix.ENOENT) || !strings.Contains(err.Error(), "open /proc/1073741824/uid_map: ") {
		t.Errorf("have %v", err)
	}
}

func TestNewIDMap(t *testing.T) {
	old := trusted
	t.Cleanup(func() { trusted = old })
	dir := t.TempDir()
	trusted = []string{dir, dir}
	m := Map{{ContainerID: 0, HostID: 1000, Size: 1}, {ContainerID: 1, HostID: 4000000000, Size: 65536}}
	script := func(text string) {
		if err := os.WriteFile(dir+"/newgidmap", []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := groups.run(7, m); fail.Details(err).Code != fail.CodeHost {
		t.Errorf("no program: have %v", err)
	}
	script(`echo "$@" > ` + dir + `/args; env >> ` + dir + `/args`)
	if err := groups.run(7, m); err != nil {
		t.Fatal(err)
	}
	b, _ := os.ReadFile(dir + "/args")
	if !strings.HasPrefix(string(b), "7 0 1000 1 1 4000000000 65536\n") || strings.Contains(string(b), "HOME=") {
		t.Errorf("have %q", b)
	}
	script("echo newgidmap: not allowed >&2; exit 1")
	err := groups.run(7, m)
	if err == nil || !strings.Contains(err.Error(), "exit status 1: newgidmap: not allowed") ||
		!strings.Contains(err.Error(), "/etc/subgid needs a line") {
		t.Errorf("have %v", err)
	}
}
