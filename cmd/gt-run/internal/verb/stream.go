package verb

import (
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/copy"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/roster"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/sibling"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/idmap"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// stream is cp with - as one side: an archive on stdin or stdout. Archives are
// gt-rootfs's; it gets the container's root as an open directory.
func stream(c *tool.Call, follow bool) error {
	from, to := c.Args[0], c.Args[1]
	name := to
	if to == "-" {
		name = from
	}
	id, file, inside := split(name)
	switch {
	case !inside:
		return fail.Usage("have %s and %s, need one of them as ID:PATH", from, to)
	case from == "-" && follow:
		return fail.Usage("--follow-link: FROM is -, need ID:PATH")
	case to == "-" && path.Clean("/"+file) == "/":
		return copy.ErrRoot
	}
	if from == "-" {
		if _, err := unix.IoctlGetTermios(0, unix.TCGETS); err == nil {
			return fail.Usage("stdin is a terminal, need an archive: a file or a pipe")
		}
	}
	ct, err := find(c, id)
	if err != nil {
		return err
	}
	root, err := openRoot(c, ct)
	if err != nil {
		return err
	}
	defer unix.Close(root)
	r := &sibling.Root{Dir: root}
	if r.Maps, err = owners(ct); err != nil {
		return err
	}
	if from == "-" {
		args := []string{"apply", "--into", path.Clean("/" + file), "--no-devices"}
		if m := r.Maps.UID; len(m) == 1 && m[0].Size == 1 {
			args = append(args, "--mine") // nobody else is there
		}
		return r.Run("gt-rootfs", append(args, sibling.RootName)...)
	}
	args := []string{"pack", "--path", "/" + strings.TrimLeft(file, "/")}
	if follow {
		args = append(args, "--follow-link")
	}
	return r.Run("gt-rootfs", append(args, sibling.RootName)...)
}

// owners are the maps of the container's user namespace, none if it has ours.
func owners(ct *roster.Container) (m idmap.Maps, err error) {
	if !ct.Live() {
		s, err := ct.Spec()
		if err != nil || s.Linux == nil {
			return m, err
		}
		return idmap.Maps{UID: s.Linux.UIDMappings, GID: s.Linux.GIDMappings}, nil
	}
	dir := "/proc/" + itoa(ct.State.Pid)
	if m.UID, err = idmap.Read(dir + "/uid_map"); err != nil {
		return m, err
	}
	if m.GID, err = idmap.Read(dir + "/gid_map"); err != nil {
		return m, err
	}
	self, err := idmap.Self()
	if slices.Equal(m.UID, self.UID) && slices.Equal(m.GID, self.GID) {
		return idmap.Maps{}, err
	}
	return m, err
}
