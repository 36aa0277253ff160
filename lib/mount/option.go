// Package mount turns the mounts, devices and paths of a spec into steps.
package mount

import (
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// attr is what an option does to a mount's attributes (mount_setattr(2)).
type attr struct{ set, clear uint64 }

const atime = unix.MOUNT_ATTR__ATIME

// A word is an option and what it stands for. The tables are lists, not maps:
// these are made anew at each start, and searched a few times at most.
type word[T any] struct {
	name string
	is   T
}

func find[T any](list []word[T], name string) (is T, ok bool) {
	for i := range list {
		if list[i].name == name {
			return list[i].is, true
		}
	}
	return is, false
}

//house:table
var attributes = []word[attr]{
	{"ro", attr{set: unix.MOUNT_ATTR_RDONLY}},
	{"rw", attr{clear: unix.MOUNT_ATTR_RDONLY}},
	{"nosuid", attr{set: unix.MOUNT_ATTR_NOSUID}},
	{"suid", attr{clear: unix.MOUNT_ATTR_NOSUID}},
	{"nodev", attr{set: unix.MOUNT_ATTR_NODEV}},
	{"dev", attr{clear: unix.MOUNT_ATTR_NODEV}},
	{"noexec", attr{set: unix.MOUNT_ATTR_NOEXEC}},
	{"exec", attr{clear: unix.MOUNT_ATTR_NOEXEC}},
	{"nosymfollow", attr{set: unix.MOUNT_ATTR_NOSYMFOLLOW}},
	{"symfollow", attr{clear: unix.MOUNT_ATTR_NOSYMFOLLOW}},
	{"nodiratime", attr{set: unix.MOUNT_ATTR_NODIRATIME}},
	{"diratime", attr{clear: unix.MOUNT_ATTR_NODIRATIME}},
	{"noatime", attr{unix.MOUNT_ATTR_NOATIME, atime}},
	{"atime", attr{unix.MOUNT_ATTR_RELATIME, atime}},
	{"relatime", attr{unix.MOUNT_ATTR_RELATIME, atime}},
	{"norelatime", attr{unix.MOUNT_ATTR_STRICTATIME, atime}},
	{"strictatime", attr{unix.MOUNT_ATTR_STRICTATIME, atime}},
	{"nostrictatime", attr{unix.MOUNT_ATTR_RELATIME, atime}},
}

var propagations = []word[uint64]{
	{"private", unix.MS_PRIVATE},
	{"rprivate", unix.MS_PRIVATE | unix.MS_REC},
	{"shared", unix.MS_SHARED},
	{"rshared", unix.MS_SHARED | unix.MS_REC},
	{"slave", unix.MS_SLAVE},
	{"rslave", unix.MS_SLAVE | unix.MS_REC},
	{"unbindable", unix.MS_UNBINDABLE},
	{"runbindable", unix.MS_UNBINDABLE | unix.MS_REC},
}

// superblock options go to the filesystem under the name that fsconfig(2)
// knows.
var superblock = []string{"sync", "async", "dirsync", "mand", "nomand", "lazytime", "nolazytime", "iversion", "noiversion"}

// Options are the parsed options of one mount.
type Options struct {
	Set, Clear       uint64 // MOUNT_ATTR flags of the mount itself
	RecSet, RecClear uint64 // MOUNT_ATTR flags of the whole tree (rro, rnosuid …)
	Prop             uint64 // MS_ propagation flags
	Bind, Recursive  bool
	Remount          bool
	CopyUp           bool     // tmpcopyup
	IDMap            string   // idmap or ridmap
	Data             []string // everything else, for the filesystem
}

// Parse reads the options of the mount at member ("/mounts/3").
func Parse(m *specs.Mount, member string) (Options, error) {
	var o Options
	for _, word := range m.Options {
		if err := o.word(word); err != nil {
			return o, fail.Spec(member+"/options", "%q: %w", word, err)
		}
	}
	if m.Type == "bind" {
		o.Bind = true
	}
	if m.Type == "rbind" {
		o.Bind, o.Recursive = true, true
	}
	return o, nil
}

func (o *Options) word(word string) error {
	if a, ok := find(attributes, word); ok {
		o.Set, o.Clear = o.Set&^(a.clear|a.set)|a.set, o.Clear&^a.set|a.clear
		return nil
	}
	if a, ok := find(attributes, strings.TrimPrefix(word, "r")); ok && word[0] == 'r' {
		o.RecSet, o.RecClear = o.RecSet&^(a.clear|a.set)|a.set, o.RecClear&^a.set|a.clear
		return nil
	}
	if p, ok := find(propagations, word); ok {
		o.Prop = p
		return nil
	}
	if slices.Contains(superblock, word) {
		o.Data = append(o.Data, word)
		return nil
	}
	switch word {
	case "bind":
		o.Bind = true
	case "rbind":
		o.Bind, o.Recursive = true, true
	case "remount":
		o.Remount = true
	case "defaults", "loud", "silent", "":
		// silent only quiets the kernel's log, which the new mount calls do not write
	case "tmpcopyup":
		o.CopyUp = true
	case "idmap", "ridmap":
		o.IDMap = word
	default:
		o.Data = append(o.Data, word)
	}
	return nil
}

// Mapped tells whether a mount shows other owners than its filesystem has: it
// has maps, or the option for the container's.
func Mapped(m *specs.Mount) bool {
	return len(m.UIDMappings) > 0 || slices.Contains(m.Options, "idmap") || slices.Contains(m.Options, "ridmap")
}

// Words lists every option known here, for `features`.
func Words() []string {
	words := []string{"bind", "rbind", "defaults", "loud", "silent", "tmpcopyup", "remount", "idmap", "ridmap"}
	for _, w := range attributes {
		words = append(words, w.name, "r"+w.name)
	}
	for _, w := range propagations {
		words = append(words, w.name)
	}
	words = append(words, superblock...)
	slices.Sort(words)
	return words
}
