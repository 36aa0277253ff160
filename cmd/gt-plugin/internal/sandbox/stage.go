package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/landlock"
	"github.com/gophertainer/gophertainer/lib/plugin"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// Stage makes the files of an entry: its program, the tree that becomes its
// root, its data directory.
func Stage(e *store.Entry, program []byte) error {
	if os.Geteuid() != 0 {
		return fail.New(fail.CodePermission, "is user %d, need root: a plugin runs as a user of its own", os.Geteuid())
	}
	if err := os.WriteFile(e.File("exe"), program, 0o555); err != nil {
		return err
	}
	if e.Native {
		if _, err := os.Stat(Host()); err != nil {
			return fail.New(fail.CodeHost, "have no %s, need it for a .so", Host())
		}
	}
	if err := os.WriteFile(e.File("lock"), nil, 0o600); err != nil {
		return err
	}
	if err := os.Mkdir(e.File("data"), 0o700); err != nil {
		return err
	}
	if err := os.Chown(e.File("data"), int(e.UID), int(e.UID)); err != nil {
		return err
	}
	return tree(e)
}

func tree(e *store.Entry) error {
	root := e.File("rootfs")
	for _, dir := range []string{"", "proc", "dev", "tmp", "etc", "data", "plugin", "netns", "var"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o755); err != nil {
			return err
		}
	}
	for _, dir := range hostDirs {
		info, err := os.Lstat(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && info.Mode()&fs.ModeSymlink != 0 {
			err = copyLink(dir, root+dir)
		} else if err == nil {
			err = os.MkdirAll(root+dir, 0o755)
		}
		if err != nil {
			return err
		}
	}
	for _, file := range hostFiles {
		b, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(root+file, b, 0o644)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	id := fmt.Sprint(e.UID)
	users := "root:x:0:0:root:/:/bin/sh\n"
	groups := "root:x:0:\n"
	if e.UID != 0 {
		users += "plugin:x:" + id + ":" + id + ":" + e.Name + ":" + Data + ":/bin/sh\n"
		groups += "plugin:x:" + id + ":\n"
	}
	places := []string{inside + "/" + e.Name, inside + "/" + e.Name + ".so", inside + "/gt-plugin-host"}
	for _, place := range places {
		if err := os.WriteFile(root+place, nil, 0o644); err != nil {
			return err
		}
	}
	return errors.Join(os.WriteFile(root+"/etc/passwd", []byte(users), 0o644), os.WriteFile(root+"/etc/group", []byte(groups), 0o644))
}

func copyLink(from, to string) error {
	target, err := os.Readlink(from)
	if err != nil {
		return err
	}
	return os.Symlink(target, to)
}

// Settle writes config.json for what was granted, and makes the places where
// granted paths appear.
func Settle(e *store.Entry, needs *plugin.PluginNeeds) error {
	for _, p := range needs.Paths {
		if err := place(e, p.Path); err != nil {
			return err
		}
	}
	if NeedsNames(e.Info.Type) {
		if err := os.MkdirAll(e.File("netns"), 0o755); err != nil {
			return err
		}
	}
	s := Spec(e, needs)
	profile, err := filter(needs)
	if err != nil {
		return err
	}
	s.Linux.Seccomp = profile
	if s.Annotations, err = confinement(needs, landlock.Version()); err != nil {
		return err
	}
	b, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(e.File("config.json"), b, 0o600)
}

func place(e *store.Entry, name string) error {
	var st unix.Stat_t
	if err := unix.Stat(name, &st); err != nil {
		return fail.New(fail.CodeNoSuch, "path %s that the plugin needs: %w", name, err)
	}
	at := e.File("rootfs") + name
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return os.MkdirAll(at, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	return os.WriteFile(at, nil, 0o644)
}

// filter is Docker's default profile for the granted capabilities; without a
// network it lets no socket be made but a local one.
func filter(needs *plugin.PluginNeeds) (*specs.LinuxSeccomp, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	compiler := filepath.Join(filepath.Dir(self), "gt-seccomp")
	args := []string{"default"}
	if len(needs.Capabilities) > 0 {
		args = append(args, "--cap", strings.Join(needs.Capabilities, ","))
	}
	var out, errs bytes.Buffer
	cmd := exec.Command(compiler, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	defer sys.PlainSlack()()
	if err := cmd.Run(); err != nil {
		return nil, fail.New(fail.CodeHost, "%s default: %w: %s", compiler, err, strings.TrimSpace(errs.String()))
	}
	s := &specs.LinuxSeccomp{}
	if err := json.Unmarshal(out.Bytes(), s); err != nil {
		return nil, fail.New(fail.CodeInternal, "%s default: %w", compiler, err)
	}
	if needs.Network {
		return s, nil
	}
	s.Architectures = []specs.Arch{native()}
	for i := range s.Syscalls {
		s.Syscalls[i].Names = slices.DeleteFunc(s.Syscalls[i].Names, func(n string) bool { return n == "socket" || n == "socketcall" })
	}
	s.Syscalls = slices.DeleteFunc(s.Syscalls, func(c specs.LinuxSyscall) bool { return len(c.Names) == 0 })
	s.Syscalls = append(s.Syscalls, specs.LinuxSyscall{
		Names: []string{"socket"}, Action: specs.ActAllow,
		Args: []specs.LinuxSeccompArg{{Index: 0, Value: unix.AF_UNIX, Op: specs.OpEqualTo}},
	})
	return s, nil
}
