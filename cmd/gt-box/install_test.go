package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestInstall(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tiny")
	r := runIn(t, "/", "", filepath.Join(box, "gt-box"), "install", dir)
	if r.status != 0 || r.out != "" || r.err != "" {
		t.Fatalf("%+v", r)
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root: owners are checked")
	}
	seen := tree(t, dir)
	want := map[string]string{
		"bin": "drwxr-xr-x 0:0", "bin/gt-box": "-rwxr-xr-x 0:0", "bin/sh": "-> gt-box", "bin/[": "-> gt-box",
		"usr/bin/env": "-> ../../bin/gt-box", "etc/passwd": "-rw-r--r-- 0:0", "etc/group": "-rw-r--r-- 0:0",
		"etc/hosts": "-rw-r--r-- 0:0", "etc/resolv.conf": "-rw-r--r-- 0:0", "etc/os-release": "-rw-r--r-- 0:0",
		"tmp": "dtrwxrwxrwx 0:0", "var/tmp": "dtrwxrwxrwx 0:0", "root": "drwx------ 0:0", "home/user": "drwxr-xr-x 1000:1000",
		"dev": "drwxr-xr-x 0:0", "proc": "dr-xr-xr-x 0:0", "sys": "dr-xr-xr-x 0:0", "run": "drwxr-xr-x 0:0", "mnt": "drwxr-xr-x 0:0",
	}
	for _, name := range names() {
		want["bin/"+name] = "-> gt-box"
	}
	for _, name := range []string{".", "etc", "home", "usr", "usr/bin", "var"} {
		want[name] = "drwxr-xr-x 0:0"
	}
	for name, text := range want {
		if seen[name] != text {
			t.Errorf("%s is %q, want %q", name, seen[name], text)
		}
		delete(seen, name)
	}
	for name := range seen {
		t.Errorf("%s should not be there", name)
	}
	out, err := exec.Command("cmp", filepath.Join(box, "gt-box"), filepath.Join(dir, "bin/gt-box")).CombinedOutput()
	if err != nil {
		t.Errorf("the copy differs: %s", out)
	}
	inside(t, dir)
}

// inside runs the shell in the new root.
func inside(t *testing.T, dir string) {
	t.Helper()
	c := exec.Command("/bin/sh", "-c", "id -un; . /etc/os-release; echo $ID; ls / | cat; echo $(seq 2 | wc -l); (echo sub)")
	c.SysProcAttr = &syscall.SysProcAttr{Chroot: dir}
	c.Dir, c.Env = "/", []string{"PATH=/bin"}
	got, err := c.CombinedOutput()
	if want := "root\ntiny\nbin\ndev\netc\nhome\nmnt\nproc\nroot\nrun\nsys\ntmp\nusr\nvar\n2\nsub\n"; string(got) != want || err != nil {
		t.Errorf("inside: %q %v", got, err)
	}
}

// tree describes every file below dir.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	seen := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := os.Lstat(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		own := st.Sys().(*syscall.Stat_t)
		text := fmt.Sprintf("%s %d:%d", st.Mode(), own.Uid, own.Gid)
		if st.Mode()&fs.ModeSymlink != 0 {
			to, err := os.Readlink(path)
			if err != nil {
				return err
			}
			text = "-> " + to
		}
		seen[name] = text
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

func TestInstallRefuses(t *testing.T) {
	gt := filepath.Join(box, "gt-box")
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "f"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := runIn(t, "/", "", gt, "install", full)
	if want := "has 1 entries, need an empty or a new directory\n"; r.status != 1 || !strings.HasSuffix(r.err, want) {
		t.Errorf("%+v", r)
	}
	file := filepath.Join(full, "f")
	if r := runIn(t, "/", "", gt, "install", file); r.status != 1 || !strings.Contains(r.err, "not a directory") {
		t.Errorf("%+v", r)
	}
	list, err := os.ReadDir(full)
	if err != nil || len(list) != 1 {
		t.Errorf("something was left: %v %v", list, err)
	}
}

// TestInstallLeavesNothing: the disk is full halfway.
func TestInstallLeavesNothing(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to mount a small file system")
	}
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("needs a tmpfs: %s", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	for _, target := range []string{dir, filepath.Join(dir, "new")} {
		r := runIn(t, "/", "", filepath.Join(box, "gt-box"), "install", target)
		if r.status != 1 || !strings.Contains(r.err, "no space left") {
			t.Errorf("%+v", r)
		}
		list, err := os.ReadDir(dir)
		if err != nil || len(list) > 0 {
			t.Errorf("left: %v %v", list, err)
		}
	}
}
