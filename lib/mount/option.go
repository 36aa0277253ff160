// Package mount turns the mounts, devices and paths of a spec into steps.
package mount

import (
	"sort"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// attr is what an option does to a mount's attributes (mount_setattr(2)).
type attr struct{ set, clear uint64 }

const atime = unix.MOUNT_ATTR__ATIME

//house:table
var attributes = map[string]attr{
	"ro": {set: unix.MOUNT_ATTR_RDONLY}, "rw": {clear: unix.MOUNT_ATTR_RDONLY},
	"nosuid": {set: unix.MOUNT_ATTR_NOSUID}, "suid": {clear: unix.MOUNT_ATTR_NOSUID},
	"nodev": {set: unix.MOUNT_ATTR_NODEV}, "dev": {clear: unix.MOUNT_ATTR_NODEV},
	"noexec": {set: unix.MOUNT_ATTR_NOEXEC}, "exec": {clear: unix.MOUNT_ATTR_NOEXEC},
	"nosymfollow": {set: unix.MOUNT_ATTR_NOSYMFOLLOW}, "symfollow": {clear: unix.MOUNT_ATTR_NOSYMFOLLOW},
	"nodiratime": {set: unix.MOUNT_ATTR_NODIRATIME}, "diratime": {clear: unix.MOUNT_ATTR_NODIRATIME},
	"noatime": {unix.MOUNT_ATTR_NOATIME, atime}, "atime": {unix.MOUNT_ATTR_RELATIME, atime},
	"relatime": {unix.MOUNT_ATTR_RELATIME, atime}, "norelatime": {unix.MOUNT_ATTR_STRICTATIME, atime},
	"strictatime": {unix.MOUNT_ATTR_STRICTATIME, atime}, "nostrictatime": {unix.MOUNT_ATTR_RELATIME, atime},
}

var propagations = map[string]uint64{
	"private": unix.MS_PRIVATE, "rprivate": unix.MS_PRIVATE | unix.MS_REC,
	"shared": unix.MS_SHARED, "rshared": unix.MS_SHARED | unix.MS_REC,
	"slave": unix.MS_SLAVE, "rslave": unix.MS_SLAVE | unix.MS_REC,
	"unbindable": unix.MS_UNBINDABLE, "runbindable": unix.MS_UNBINDABLE | unix.MS_REC,
}

// superblock options go to the filesystem under the name that fsconfig(2)
// knows.
var superblock = map[string]string{
	"sync": "sync", "async": "async", "dirsync": "dirsync", "mand": "mand", "nomand": "nomand",
	"lazytime": "lazytime", "nolazytime": "nolazytime", "iversion": "iversion", "noiversion": "noiversion",
}

// Options are the parsed options of one mount.
type Options struct {
	Set, Clear       uint64 // MOUNT_ATTR flags of the mount itself
	RecSet, RecClear uint64 // MOUNT_ATTR flags of the whole tree (rro, rnosuid …)
	Prop             uint64 // MS_ propagation flags
	Bind, Recursive  bool
	Remount          bool
	CopyUp           bool     // tmpcopyup
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
	if a, ok := attributes[word]; ok {
		o.Set, o.Clear = o.Set&^(a.clear|a.set)|a.set, o.Clear&^a.set|a.clear
		return nil
	}
	if a, ok := attributes[strings.TrimPrefix(word, "r")]; ok && word[0] == 'r' {
		o.RecSet, o.RecClear = o.RecSet&^(a.clear|a.set)|a.set, o.RecClear&^a.set|a.clear
		return nil
	}
	if p, ok := propagations[word]; ok {
		o.Prop = p
		return nil
	}
	if s, ok := superblock[word]; ok {
		o.Data = append(o.Data, s)
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
		return fail.New(fail.CodeSpec, "have no support, need a mount without it")
	default:
		o.Data = append(o.Data, word)
	}
	return nil
}

// Words lists every option known here, for `features`.
func Words() []string {
	words := []string{"bind", "rbind", "defaults", "loud", "silent", "tmpcopyup"}
	for w := range attributes {
		words = append(words, w, "r"+w)
	}
	for w := range propagations {
		words = append(words, w)
	}
	for w := range superblock {
		words = append(words, w)
	}
	sort.Strings(words)
	return words
}
