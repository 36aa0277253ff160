package mount

import (
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		kind, options string
		want          Options
	}{
		{"tmpfs", "", Options{}},
		{"tmpfs", "ro,nosuid", Options{Set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID}},
		{"tmpfs", "ro,rw", Options{Clear: unix.MOUNT_ATTR_RDONLY}}, // the last word counts
		{"tmpfs", "rw,ro", Options{Set: unix.MOUNT_ATTR_RDONLY}},
		{"tmpfs", "noatime,strictatime", Options{Set: unix.MOUNT_ATTR_STRICTATIME, Clear: atime}},
		{"tmpfs", "size=65536k,mode=755", Options{Data: []string{"size=65536k", "mode=755"}}},
		{"tmpfs", "sync,lazytime", Options{Data: []string{"sync", "lazytime"}}},
		{"tmpfs", "defaults,silent,loud", Options{}},
		{"tmpfs", "tmpcopyup", Options{CopyUp: true}},
		{"bind", "idmap", Options{Bind: true, IDMap: "idmap"}},
		{"none", "rbind,ridmap", Options{Bind: true, Recursive: true, IDMap: "ridmap"}},
		{"none", "rbind,rro,rnoexec", Options{Bind: true, Recursive: true, RecSet: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOEXEC}},
		{"none", "bind,rro,rrw", Options{Bind: true, RecClear: unix.MOUNT_ATTR_RDONLY}},
		{"bind", "rprivate", Options{Bind: true, Prop: unix.MS_PRIVATE | unix.MS_REC}},
		{"rbind", "slave,shared", Options{Bind: true, Recursive: true, Prop: unix.MS_SHARED}},
		{"", "remount,ro", Options{Remount: true, Set: unix.MOUNT_ATTR_RDONLY}},
		{"overlay", "lowerdir=/a:/b,rox", Options{Data: []string{"lowerdir=/a:/b", "rox"}}},
	} {
		m := &specs.Mount{Type: c.kind}
		if c.options != "" {
			m.Options = strings.Split(c.options, ",")
		}
		have, err := Parse(m, "/mounts/0")
		if err != nil || !equal(have, c.want) {
			t.Errorf("%s %s: have %+v, %v, need %+v", c.kind, c.options, have, err, c.want)
		}
	}
}

func equal(a, b Options) bool {
	same := slices.Equal(a.Data, b.Data)
	a.Data, b.Data = nil, nil
	return same && a.Set == b.Set && a.Clear == b.Clear && a.RecSet == b.RecSet && a.RecClear == b.RecClear &&
		a.Prop == b.Prop && a.Bind == b.Bind && a.Recursive == b.Recursive && a.Remount == b.Remount && a.CopyUp == b.CopyUp && a.IDMap == b.IDMap
}

// TestWords: what features lists is no filesystem's own option.
func TestWords(t *testing.T) {
	words := Words()
	if !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != len(words) {
		t.Errorf("have %q, need each word once, in order", words)
	}
	for _, w := range words {
		o, err := Parse(&specs.Mount{Options: []string{w}}, "")
		if err != nil || len(o.Data) > 0 && !slices.Contains(superblock, w) {
			t.Errorf("%s: have %+v, %v", w, o, err)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		m    specs.Mount
		want string
	}{
		{specs.Mount{Type: "tmpfs"}, ""},
		{specs.Mount{Type: "bind", Source: "/a", Options: []string{"size=1"}}, `/mounts/3/options: "size=1": a bind mount takes no`},
		{specs.Mount{Type: "tmpfs", Options: []string{"remount", "ro", "size=1"}}, ""},
		{specs.Mount{Options: []string{"remount", "bind", "rro"}}, ""},
		{specs.Mount{Options: []string{"remount", "bind", "size=1"}}, `/mounts/3/options: "size=1": a bind mount takes no`},
		{specs.Mount{Options: []string{"remount", "ro", "rnoexec"}}, "/mounts/3/options: remount: have options for the mount and for the tree, need one kind"},
		{specs.Mount{Options: []string{"remount", "tmpcopyup"}}, `/mounts/3/options: "tmpcopyup": have a remount, need a new tmpfs`},
		{specs.Mount{Type: "bind", Source: "/a", Options: []string{"ridmap"}}, ""},
		{specs.Mount{Type: "tmpfs", Options: []string{"idmap"}}, "/mounts/3: has id maps and is no bind mount, need type bind"},
		{specs.Mount{Type: "cgroup", Options: []string{"idmap"}}, "/mounts/3: has id maps and is no bind mount, need type bind"},
		{specs.Mount{Options: []string{"bind", "remount", "idmap"}}, "/mounts/3: has id maps and is no bind mount, need type bind"},
	} {
		c.m.Destination = "/d"
		err := Check(&c.m, "/mounts/3")
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%+v: have %v, need %s", c.m, err, c.want)
		}
	}
}

// FuzzParse: no word is lost, and none both sets and clears.
func FuzzParse(f *testing.F) {
	f.Add("tmpfs", "ro,nosuid,size=1,rro,rw")
	f.Add("bind", ",r,rr,=,rbind,idmap")
	f.Fuzz(func(t *testing.T, kind, options string) {
		m := &specs.Mount{Type: kind, Options: strings.Split(options, ",")}
		o, err := Parse(m, "/mounts/0")
		if err != nil {
			return
		}
		if o.Set&o.Clear&^atime != 0 || o.RecSet&o.RecClear&^atime != 0 {
			t.Errorf("%q: have %+v, which sets what it clears", options, o)
		}
		known := Words()
		for _, w := range m.Options {
			if w != "" && w != "remount" && !slices.Contains(known, w) && !slices.Contains(o.Data, w) {
				t.Errorf("%q: %q is lost", options, w)
			}
		}
	})
}
