package fill

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
)

// portrait describes every file below dir in a line: all that lstat, the
// attributes and the content tell, with hard links as groups.
func portrait(t *testing.T, dir string) map[string]string {
	t.Helper()
	lines, groups := map[string]string{}, map[uint64][]string{}
	err := filepath.WalkDir(dir, func(p string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, p)
		var st unix.Stat_t
		if err := unix.Lstat(p, &st); err != nil {
			return err
		}
		line := fmt.Sprintf("mode %o owner %d:%d time %d.%09d", st.Mode, st.Uid, st.Gid, st.Mtim.Sec, st.Mtim.Nsec)
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFREG:
			line += fmt.Sprintf(" size %d %s", st.Size, digest(t, p))
			if st.Nlink > 1 {
				groups[st.Ino] = append(groups[st.Ino], name)
			}
		case unix.S_IFLNK:
			to, _ := os.Readlink(p)
			line += " to " + to
		case unix.S_IFCHR, unix.S_IFBLK:
			line += fmt.Sprintf(" device %d", st.Rdev)
		}
		lines[name] = line + attributes(t, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, names := range groups {
		sort.Strings(names)
		for _, n := range names {
			lines[n] += " links " + strings.Join(names, " ")
		}
	}
	return lines
}

// digest is one of the content that passes over zeros, so that holes cost
// nothing.
func digest(t *testing.T, p string) string {
	t.Helper()
	f, err := os.Open(p)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := sha256.New()
	buf, zeros := make([]byte, 64<<10), make([]byte, 64<<10)
	for at := int64(0); ; {
		data, err := f.Seek(at, unix.SEEK_DATA)
		if err != nil {
			break
		}
		at = data &^ int64(len(buf)-1)
		n, err := f.ReadAt(buf, at)
		if !bytes.Equal(buf[:n], zeros[:n]) {
			fmt.Fprint(h, at)
			h.Write(buf[:n])
		}
		at += int64(n)
		if err != nil {
			break
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

func attributes(t *testing.T, p string) string {
	t.Helper()
	buf := make([]byte, 64<<10)
	n, err := unix.Llistxattr(p, buf)
	if err == unix.EOPNOTSUPP || n == 0 {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, name := range bytes.Split(bytes.TrimSuffix(buf[:n], []byte{0}), []byte{0}) {
		value := make([]byte, 64<<10)
		n, err := unix.Lgetxattr(p, string(name), value)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprintf(" %s=%x", name, value[:n]))
	}
	sort.Strings(list)
	return strings.Join(list, "")
}

// same fails for each file that differs between two directories.
func same(t *testing.T, have, need string) {
	t.Helper()
	a, b := portrait(t, have), portrait(t, need)
	shown := 0
	for name, line := range b {
		if a[name] != line && shown < 10 {
			shown++
			t.Errorf("%s\n have %s\n need %s", name, a[name], line)
		}
	}
	for name, line := range a {
		if b[name] == "" && shown < 10 {
			shown++
			t.Errorf("%s\n have %s\n need nothing", name, line)
		}
	}
}

// gnu unpacks with GNU tar, as root and with everything it can keep.
func gnu(t *testing.T, archive string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("tar", "--numeric-owner", "-p", "--xattrs", "--xattrs-include=*", "--acls", "--delay-directory-restore", "-C", dir, "-xf", archive)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("tar: %v: %s", err, out)
	}
	return dir
}

func root(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("need root to give files away")
	}
}

// unpack fills a new directory from an archive.
func unpack(t *testing.T, src io.Reader, opt tree.Options) (string, error) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "rootfs")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir, into(t, dir, src, opt)
}

func into(t *testing.T, dir string, src io.Reader, opt tree.Options) error {
	t.Helper()
	old := unix.Umask(0)
	defer unix.Umask(old)
	tr, err := tree.Open(t.Context(), dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	return Tar(t.Context(), tr, src)
}
