package fill

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
)

// TestLegalTar is what the same row calls legal: it looks hostile, and is not.
//
//house:table
func TestLegalTar(t *testing.T) {
	root(t)
	capability := "\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	suid := file("suid", "x")
	suid.Mode, suid.Uid, suid.Gid = 0o6755, 1000, 1001
	suid.PAXRecords = map[string]string{"SCHILY.xattr.security.capability": capability}
	sticky := dir("tmp")
	sticky.Mode = 0o1777
	for _, c := range []struct {
		name  string
		items []item
		want  map[string]string // start of the line in the portrait
	}{
		{
			"absolute-symlink",
			[]item{dir("usr/bin"), symlink("bin", "/usr/bin"), file("bin/sh", "x"), symlink("etc/l", "/etc/shadow")},
			map[string]string{"usr/bin/sh": "mode 100644", "bin": "mode 120777", "etc/l": "mode 120777"},
		},
		{"setuid-with-capability", []item{suid}, map[string]string{"suid": "mode 106755 owner 1000:1001"}},
		{"sticky", []item{sticky}, map[string]string{"tmp": "mode 41777"}},
		{"closed-directory", []item{{Header: tar.Header{Name: "d", Typeflag: tar.TypeDir, Mode: 0}}, file("d/f", "x")}, map[string]string{"d": "mode 40000", "d/f": "mode 100644"}},
		{
			"devices",
			[]item{
				{Header: tar.Header{Name: "null", Typeflag: tar.TypeChar, Mode: 0o666, Devmajor: 1, Devminor: 3}},
				{Header: tar.Header{Name: "loop", Typeflag: tar.TypeBlock, Mode: 0o660, Devmajor: 7}},
				{Header: tar.Header{Name: "pipe", Typeflag: tar.TypeFifo, Mode: 0o600, Uid: 7}},
			},
			map[string]string{"null": "mode 20666", "loop": "mode 60660", "pipe": "mode 10600 owner 7:0"},
		},
		{
			"whiteout-names-of-layers",
			[]item{file(".wh.x", "x"), file(".wh..", "x"), file(".wh...", "x"), file(".wh..wh..opq", "x"), file("y", "x"), hardlink(".wh.y", "y")},
			map[string]string{".wh.x": "mode 100644", ".wh..": "mode 100644", ".wh...": "mode 100644", ".wh..wh..opq": "mode 100644", ".wh.y": "mode 100644"},
		},
		{
			"duplicates",
			[]item{file("a", "old"), hardlink("b", "a"), file("a", "newer"), dir("d"), symlink("d", "a"), dir("d"), file("d/f", "1"), dir("d")},
			map[string]string{"a": "mode 100644", "d": "mode 40755", "d/f": "mode 100644"},
		},
		{
			"hardlink-to-symlink",
			[]item{symlink("s", "../canary/secret"), hardlink("h", "s"), hardlink("h2", "s"), file("h", "mine")},
			map[string]string{"s": "mode 120777", "h": "mode 100644", "h2": "mode 120777"},
		},
		{
			"over-symlinks",
			[]item{symlink("s", "../canary/secret"), file("s", "mine"), symlink("d", "../canary/sub"), dir("d"), file("d/key", "mine")},
			map[string]string{"s": "mode 100644", "d": "mode 40755", "d/key": "mode 100644"},
		},
		{
			"dots",
			[]item{dir("./"), file("./a", "x"), file("/b", "x"), file(".//c/./d", "x"), file("...", "x"), file("..x", "x")},
			map[string]string{".": "mode 40755", "a": "mode 100644", "b": "mode 100644", "c/d": "mode 100644", "...": "mode 100644", "..x": "mode 100644"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := stage(t)
			archive := pack(t, c.items...)
			if err := s.unpack(t, archive, tree.Options{}); err != nil {
				t.Fatal(err)
			}
			have := portrait(t, s.root)
			for name, want := range c.want {
				if !strings.HasPrefix(have[name], want) {
					t.Errorf("%s\n have %s\n need %s", name, have[name], want)
				}
			}
			if c.name == "setuid-with-capability" && !strings.Contains(have["suid"], fmt.Sprintf("security.capability=%x", capability)) {
				t.Errorf("have %s, need the capability", have["suid"])
			}
			if a, _ := os.ReadFile(s.path("a")); c.name == "duplicates" && string(a) != "newer" {
				t.Errorf("a is %q, need the later one", a)
			}
			if b, _ := os.ReadFile(s.path("b")); c.name == "duplicates" && string(b) != "old" {
				t.Errorf("b is %q, need what it was linked to", b)
			}
		})
	}
}

// The size of the extended header holds, so what looks like a header in the
// data is data: one file, not two.
func TestPaxSizeOverride(t *testing.T) {
	s := stage(t)
	inner := raw{name: "smuggled", flag: '0'}.block()
	archive := join(pax("size=512"), raw{name: "outer", flag: '0'}.block(), inner, end)
	if err := s.unpack(t, archive, tree.Options{}); err != nil {
		t.Fatal(err)
	}
	if have, err := os.ReadFile(s.path("outer")); err != nil || !bytes.Equal(have, inner) {
		t.Errorf("outer has %d bytes: %v", len(have), err)
	}
	if _, err := os.Lstat(s.path("smuggled")); err == nil {
		t.Error("the data of a file was taken for a header")
	}
}

func TestNoDevices(t *testing.T) {
	root(t)
	s := stage(t)
	items := []item{{Header: tar.Header{Name: "null", Typeflag: tar.TypeChar, Mode: 0o666, Devmajor: 1, Devminor: 3}}, file("f", "x")}
	if err := s.unpack(t, pack(t, items...), tree.Options{NoDevices: true}); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(s.root); len(left) != 1 {
		t.Errorf("have %v, need f alone", left)
	}
}

// odds is a directory with everything that is easily lost.
func odds(t *testing.T) string {
	t.Helper()
	root(t)
	d := t.TempDir()
	sh := exec.Command("sh", "-ec", `
		mkdir -p a/b "with space" empty; chmod 2775 a; chmod 1777 empty; chown 1000:1001 a/b
		echo one >a/one; ln a/one a/b/hard; ln a/one z-hard; ln -s one a/soft; ln -s /nowhere dangling; ln dangling dangling2
		chown -h 5:6 a/soft; touch -h -d '2001-02-03 04:05:06.123456789' a/soft dangling
		mkfifo -m 604 pipe; mknod -m 620 tty c 5 1; mknod -m 660 disk b 8 0; chown 0:6 disk
		echo s >suid; chown 7:8 suid; chmod 6711 suid
		echo u >ünïcode; echo n >"$(printf 'new\nline')"
		: >nothing; chmod 0 nothing
		head -c 700000 /dev/urandom >random
		touch -d 1965-05-05T05:05:05.5 old; touch -d 2100-01-01 future
		truncate -s 1G hole; truncate -s 300M holes
		for i in 0 1 7 63 200; do printf data | dd of=holes bs=1M seek=$i conv=notrunc status=none; done
		touch -d '2002-02-02 02:02:02.000000002' a a/b a/one empty .
	`)
	sh.Dir = d
	if out, err := sh.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	long := filepath.Join(d, strings.Repeat("long-directory-name/", 10))
	if err := os.MkdirAll(long, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(long, strings.Repeat("n", 120)), []byte("l"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(strings.Repeat("t/", 100), filepath.Join(long, "s")); err != nil {
		t.Fatal(err)
	}
	return d
}

// dress adds what only some formats keep.
func dress(t *testing.T, d string) {
	t.Helper()
	attrs, err := tree.ACLs(nil, "user::rw-,user:1234:rwx,group::r--,mask::rwx,other::r--", "")
	if err != nil {
		t.Fatal(err)
	}
	inherit, err := tree.ACLs(nil, "", "user::rwx,group::r-x,group:4321:rwx,mask::rwx,other::---")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		file string
		attr tree.Xattr
	}{
		{"a/one", attrs[0]},
		{"a", inherit[0]},
		{"a/b", tree.Xattr{Name: "user.note", Value: []byte("b\x00\n=b")}},
		{"suid", tree.Xattr{Name: "trusted.t", Value: []byte("t")}},
		{"random", tree.Xattr{Name: "security.capability", Value: []byte("\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")}},
	} {
		if err := unix.Lsetxattr(filepath.Join(d, x.file), x.attr.Name, x.attr.Value, 0); err != nil {
			t.Fatalf("%s on %s: %v", x.attr.Name, x.file, err)
		}
	}
}

func TestFormatsAreWhatTarMakes(t *testing.T) {
	src := odds(t)
	for _, format := range [][]string{
		{"--format=gnu"},
		{"--format=gnu", "--sparse"},
		{"--format=oldgnu", "--sparse"},
		{"--format=pax"},
		{"--format=pax", "--sparse", "--sparse-version=0.0"},
		{"--format=pax", "--sparse", "--sparse-version=0.1"},
		{"--format=pax", "--sparse", "--sparse-version=1.0"},
		{"--format=posix", "--sparse", "--acls", "--xattrs", "--xattrs-include=*"},
		{"--format=ustar", "--exclude=long-*", "--exclude=hole*", "--exclude=old"},
		{"--format=v7", "--exclude=long-*", "--exclude=hole*", "--exclude=old"},
	} {
		t.Run(strings.Join(format, ""), func(t *testing.T) {
			if strings.HasPrefix(format[0], "--format=posix") {
				dress(t, src)
			}
			archive := filepath.Join(t.TempDir(), "a.tar")
			args := append([]string{"--numeric-owner", "-C", src, "-cf", archive}, format...)
			if !strings.Contains(strings.Join(format, ""), "sparse") {
				args = append(args, "--exclude=hole*")
			}
			if out, err := exec.Command("tar", append(args, ".")...).CombinedOutput(); err != nil && !bytes.Contains(out, []byte("socket")) {
				t.Logf("tar: %v: %s", err, out)
			}
			f, err := os.Open(archive)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			have, err := unpack(t, f, tree.Options{})
			if err != nil {
				t.Fatal(err)
			}
			same(t, have, gnu(t, archive))
			if err := thin(filepath.Join(have, "hole")); err != nil {
				t.Error(err)
			}
		})
	}
}

// thin holds a file of 1 GB to a few blocks.
func thin(name string) error {
	var st unix.Stat_t
	if err := unix.Lstat(name, &st); err == unix.ENOENT {
		return nil
	}
	if st.Size != 1<<30 || st.Blocks > 64 {
		return fmt.Errorf("the sparse file has %d bytes in %d blocks, need 1 GiB in next to none", st.Size, st.Blocks)
	}
	return nil
}

func TestDirectoryIsCopiedExactly(t *testing.T) {
	src := odds(t)
	dress(t, src)
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: filepath.Join(src, "sock")}); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "rootfs")
	if err := os.Mkdir(to, 0o755); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := clone(t, to, src); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > 2*time.Minute {
		t.Errorf("it took %v: holes were read", took)
	}
	same(t, to, src)
	if err := thin(filepath.Join(to, "hole")); err != nil {
		t.Error(err)
	}
}

func clone(t *testing.T, to, src string) error {
	t.Helper()
	defer unix.Umask(unix.Umask(0))
	tr, err := tree.Open(t.Context(), to, tree.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	return Dir(tr, src)
}
