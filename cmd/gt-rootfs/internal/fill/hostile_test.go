package fill

import (
	"archive/tar"
	"fmt"
	"strings"
	"testing"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// TestHostileTar is the row "tar" of what broke others: CVE-2021-29136,
// CVE-2020-27833, CVE-2021-32760 and their family. Each archive is refused with
// a sentence, and no file of the host changes.
//
//house:table
func TestHostileTar(t *testing.T) {
	root(t)
	huge := strings.Repeat("9", 19)
	for _, c := range []struct {
		name string
		make func(s *scene) []byte
		want string
	}{
		{"dot-is-symlink", func(s *scene) []byte { return pack(t, symlink(".", s.canary), file("x", "x")) }, "need a directory"},
		{"slash-is-symlink", func(s *scene) []byte { return pack(t, symlink("/", s.canary), file("x", "x")) }, "need a directory"},
		{"dotslash-is-symlink", func(s *scene) []byte { return pack(t, symlink(".//./", s.canary), file("x", "x")) }, "need a directory"},
		{"root-is-file", func(*scene) []byte { return pack(t, file(".", "x")) }, "need a directory"},
		{"root-is-hardlink", func(*scene) []byte { return pack(t, file("x", "x"), hardlink(".", "x")) }, "need a directory"},
		{"root-is-device", func(*scene) []byte { return join(raw{name: ".", flag: '3'}.block(), end) }, "need a directory"},
		{"dotdot", func(*scene) []byte { return pack(t, file("../canary/secret", "x")) }, `".."`},
		{"dotdot-inside", func(*scene) []byte { return pack(t, dir("a"), file("a/../../canary/secret", "x")) }, `".."`},
		{"chained-links", func(*scene) []byte {
			return pack(t, dir("d"), symlink("d/up", ".."), symlink("up2", "d/up/.."), symlink("out", "up2/canary"), file("out/secret", "x"))
		}, "not a directory"},
		{"link-to-parent", func(*scene) []byte { return pack(t, symlink("up", "../canary"), file("up/secret", "x")) }, "not a directory"},
		{"link-to-absolute", func(s *scene) []byte { return pack(t, symlink("abs", s.canary), file("abs/secret", "x")) }, "not a directory"},
		{"link-then-dir", func(s *scene) []byte { return pack(t, symlink("abs", s.canary), dir("abs/sub"), dir("abs/new")) }, "not a directory"},
		{"link-to-proc", func(*scene) []byte { return pack(t, symlink("p", "/proc/self/root"), file("p/x", "x")) }, "not a directory"},
		{"link-loop", func(*scene) []byte { return pack(t, symlink("a", "b"), symlink("b", "a"), file("a/x", "x")) }, "levels of symbolic links"},
		{"hardlink-outside", func(*scene) []byte { return pack(t, hardlink("h", "../canary/secret")) }, `".."`},
		{"hardlink-absolute", func(s *scene) []byte { return pack(t, hardlink("h", s.canary+"/secret")) }, "no such file"},
		{"hardlink-through-link", func(s *scene) []byte { return pack(t, symlink("s", s.canary), hardlink("h", "s/secret")) }, "no such file"},
		{"hardlink-to-directory", func(*scene) []byte { return pack(t, dir("d"), hardlink("h", "d")) }, "hard link to the directory"},
		{"hardlink-to-itself", func(*scene) []byte { return pack(t, hardlink("h", "h")) }, "itself"},
		{"file-as-parent", func(*scene) []byte { return pack(t, file("f", "x"), file("f/g", "x")) }, "not a directory"},
		{"full-directory-replaced", func(*scene) []byte { return pack(t, dir("d"), file("d/f", "x"), symlink("d", "/")) }, "directory with entries"},
		{"whiteout-device", func(*scene) []byte { return join(raw{name: "w", flag: '3'}.block(), end) }, "0:0"},
		{"socket", func(*scene) []byte { return join(raw{name: "s", flag: 's'}.block(), end) }, `type "s"`},
		{"type-of-dumps", func(*scene) []byte { return join(raw{name: "D", flag: 'D'}.block(), end) }, `type "D"`},
		{"trusted.overlay", func(*scene) []byte { return pack(t, xattr("f", "trusted.overlay.redirect", "/etc")) }, "overlayfs"},
		{"user.overlay", func(*scene) []byte { return pack(t, xattr("f", "user.overlay.opaque", "y")) }, "overlayfs"},
		{"user.fuseoverlayfs", func(*scene) []byte { return pack(t, xattr("f", "user.fuseoverlayfs.origin", "y")) }, "overlayfs"},
		{"overlay-on-directory", func(*scene) []byte {
			d := dir("d")
			d.PAXRecords = map[string]string{"SCHILY.xattr.trusted.overlay.opaque": "y"}
			return pack(t, d)
		}, "overlayfs"},
		{"uid-4294967295", func(*scene) []byte {
			return join(pax("uid=4294967295"), raw{name: "f", flag: '0'}.block(), end)
		}, "need 0 to 4294967294"},
		{"gid-2^32", func(*scene) []byte { return join(pax("gid=4294967296"), raw{name: "f", flag: '0'}.block(), end) }, "need 0 to 4294967294"},
		{"uid-2^32-1-base256", func(*scene) []byte {
			return join(raw{name: "f", flag: '0', uid: "\x80\x00\x00\x00\xff\xff\xff\xff"}.block(), end)
		}, "need 0 to 4294967294"},
		{"uid-negative", func(*scene) []byte {
			return join(raw{name: "f", flag: '0', uid: "\xff\xff\xff\xff\xff\xff\xff\xff"}.block(), end)
		}, "need 0 to 4294967294"},
		{"size-negative", func(*scene) []byte {
			return join(raw{name: "f", flag: '0', size: "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"}.block(), end)
		}, "size"},
		{"pax-size-negative", func(*scene) []byte { return join(pax("size=-1"), raw{name: "f", flag: '0'}.block(), end) }, "no number"},
		{"pax-size-of-all", func(*scene) []byte {
			g := pax("size=1000")
			g[156] = 'g'
			return join(seal(g[:512]), g[512:], raw{name: "f", flag: '0'}.block(), end)
		}, "for all entries"},
		{"pax-name-with-zero", func(*scene) []byte { return join(pax("path=a\x00b"), raw{name: "f", flag: '0'}.block(), end) }, "zero byte"},
		{"pax-record-length", func(*scene) []byte {
			return join(raw{name: "p", flag: 'x', size: "00000000012\x00"}.block(), pad("99 path=x\n"), end)
		}, "wrong length"},
		{"pax-header-of-2-GB", func(*scene) []byte { return join(raw{name: "p", flag: 'x', size: "20000000000\x00"}.block(), end) }, "need at most"},
		{"long-name-of-2-GB", func(*scene) []byte {
			return join(raw{name: "L", flag: 'L', size: "20000000000\x00", gnu: true}.block(), end)
		}, "need at most"},
		{"sparse-bomb", func(*scene) []byte {
			return join(pax("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.name=f", "GNU.sparse.realsize=1"),
				raw{name: "f", flag: '0', size: "00000001000\x00"}.block(), pad(huge+"\n"), end)
		}, "need at most"},
		{"sparse-map-past-data", func(*scene) []byte {
			return join(pax("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=1"),
				raw{name: "f", flag: '0', size: "00000001000\x00"}.block(), []byte("1000\n" + strings.Repeat("1\n", 300))[:512], end)
		}, "longer than its data"},
		{"sparse-overlap", func(*scene) []byte {
			return join(pax("GNU.sparse.map=0,10,5,10", "GNU.sparse.size=100"), raw{name: "f", flag: '0', size: "00000000024\x00"}.block(), pad("x"), end)
		}, "need order"},
		{"sparse-beyond", func(*scene) []byte {
			return join(pax("GNU.sparse.map=0,"+huge, "GNU.sparse.size=100"), raw{name: "f", flag: '0'}.block(), end)
		}, "sparse"},
		{"sparse-of-8-EiB", func(*scene) []byte {
			return join(pax("GNU.sparse.map=9223372036854775807,0", "GNU.sparse.size=9223372036854775807"), raw{name: "f", flag: '0'}.block(), end)
		}, "too large"},
		{"sparse-stored-less", func(*scene) []byte {
			return join(pax("GNU.sparse.map=0,600", "GNU.sparse.size=600"), raw{name: "f", flag: '0', size: "00000000010\x00"}.block(), pad("x"), end)
		}, "the archive has 8"},
		{"10-GB-of-zeros", func(*scene) []byte {
			return join(raw{name: "z", flag: '0', size: "\x80\x00\x00\x00\x00\x00\x00\x02\x80\x00\x00\x00"}.block(), end)
		}, "more than 1073741824 bytes"},
		{"no-end", func(*scene) []byte { return pack(t, file("f", "x"))[:1024] }, "no end mark"},
		{"damaged-header", func(*scene) []byte {
			b := pack(t, file("f", "x"), file("g", "x"))
			b[1024+148]++
			return b
		}, "damaged at byte 1024"},
		{"name-of-300", func(*scene) []byte { return pack(t, file(strings.Repeat("n", 300), "x")) }, "name too long"},
		{"path-of-5000", func(*scene) []byte { return pack(t, file(strings.Repeat("d/", 2500)+"f", "x")) }, "name too long"},
		{"symlink-without-target", func(*scene) []byte { return join(raw{name: "s", flag: '2'}.block(), end) }, "no target"},
		{"entry-without-name", func(*scene) []byte { return join(raw{flag: '0'}.block(), end) }, "no name"},
		{"acl-of-nobody-known", func(*scene) []byte {
			return join(pax("SCHILY.acl.access=user::rw-,user:no-such-person:rwx,group::r--,mask::rwx,other::r--"), raw{name: "f", flag: '0'}.block(), end)
		}, "no-such-person"},
		{"escape-sequence-in-name", func(*scene) []byte { return pack(t, file("a\x1b[31m\n/../x", "x")) }, `a\x1b[31m\n`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := stage(t)
			err := s.unpack(t, c.make(s), tree.Options{MaxBytes: 1 << 30, MaxEntries: 1000})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("have %v, need ...%s...", err, c.want)
			}
			if err != nil && (strings.ContainsAny(err.Error(), "\n\x1b") || fail.Details(err).Code == "") {
				t.Errorf("the sentence is not one to print: %q", err)
			}
		})
	}
}

// A limit on the number of files ends an archive of a million.
func TestHostileTarManyEntries(t *testing.T) {
	var items []item
	for i := range 101 {
		items = append(items, file(fmt.Sprint(i), ""))
	}
	s := stage(t)
	err := s.unpack(t, pack(t, items...), tree.Options{MaxEntries: 100})
	if err == nil || !strings.Contains(err.Error(), "more than 100 entries") {
		t.Errorf("have %v, need the limit", err)
	}
}

// Cut off anywhere, an archive is an error.
func TestHostileTarTruncation(t *testing.T) {
	root(t)
	long := item{tar.Header{Name: strings.Repeat("long/", 40) + "f", Typeflag: tar.TypeReg, Mode: 0o644}, strings.Repeat("y", 1000)}
	whole := pack(t, dir("d"), file("d/f", strings.Repeat("x", 1500)), long, symlink("d/s", "f"))
	for n := 0; n <= len(whole)-1024; n += 64 {
		s := stage(t)
		if err := s.unpack(t, whole[:n], tree.Options{}); err == nil {
			t.Errorf("%d of %d bytes count as an archive", n, len(whole))
		}
	}
}
