package verb

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/copy"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/roster"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// diff, commit and export are gt-rootfs's, which knows what a bundle is made of.
func diff(o *tool.Options) func(*tool.Call) error {
	o.Format("text", "json")
	return func(c *tool.Call) error {
		ct, err := find(c, c.Args[0])
		if err != nil {
			return err
		}
		if err := compared(ct); err != nil {
			return err
		}
		return become(c, "gt-rootfs", "diff", "--format", c.Format, ct.Bundle)
	}
}

// compared refuses a root that is a directory of the host's: what the container
// writes is written there, and nothing keeps what was before.
func compared(ct *roster.Container) error {
	if ct.State == nil {
		return nil
	}
	if _, err := os.Lstat(ct.Bundle + "/rootfs"); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return fail.New(fail.CodeStatus, "its root is the directory %s itself, in which it writes: there is no original to compare with, need an image or the host's root", ct.State.Rootfs)
}

func commit(o *tool.Options) func(*tool.Call) error {
	image := ""
	o.String(&image, "image", 0, "NAME", "TARGET is an image layout, in which the image gets this name")
	return func(c *tool.Call) error {
		ct, err := find(c, c.Args[0])
		if err != nil {
			return err
		}
		if err := compared(ct); err != nil {
			return err
		}
		args := []string{"commit"}
		if image != "" {
			args = append(args, "--image", image)
		}
		return become(c, "gt-rootfs", append(args, ct.Bundle, c.Args[1])...)
	}
}

func export(o *tool.Options) func(*tool.Call) error {
	output := ""
	o.String(&output, "output", 'o', "FILE", "write there, not to stdout")
	return func(c *tool.Call) error {
		ct, err := find(c, c.Args[0])
		if err != nil {
			return err
		}
		args, err := packed(ct)
		if err != nil {
			return err
		}
		if output != "" {
			args = append(args, output)
		}
		return become(c, "gt-rootfs", args...)
	}
}

// packed is how gt-rootfs packs the root: as its bundle's, whose record knows the map
// of its owners, or as a directory of the host's, in which may lie what looks like one.
func packed(ct *roster.Container) ([]string, error) {
	if ct.State == nil {
		return []string{"pack", ct.Bundle}, nil
	}
	var own, seen unix.Stat_t
	if err := unix.Stat(ct.State.Rootfs, &own); err != nil {
		return nil, &os.PathError{Op: "stat", Path: ct.State.Rootfs, Err: err}
	}
	if ct.Live() && unix.Stat(rootOf(ct), &seen) == nil && (own.Dev != seen.Dev || own.Ino != seen.Ino) {
		return nil, fail.New(fail.CodeStatus, "its root is mounted where only it sees it, need a container of --name or --detach")
	}
	_, err := os.Lstat(ct.Bundle + "/config.json")
	if err == nil && ct.State.Rootfs == ct.Bundle+"/rootfs" {
		return []string{"pack", ct.Bundle}, nil
	}
	return []string{"pack", "--plain", ct.State.Rootfs}, nil
}

// cp copies between the host and a container.
func cp(o *tool.Options) func(*tool.Call) error {
	follow := false
	o.Bool(&follow, "follow-link", 'L', "copy what FROM points to")
	return func(c *tool.Call) error {
		if c.Args[0] == "-" || c.Args[1] == "-" {
			return stream(c, follow)
		}
		from, fromInside, err := place(c, c.Args[0])
		if err != nil {
			return err
		}
		defer from.Close()
		to, toInside, err := place(c, c.Args[1])
		if err != nil {
			return err
		}
		defer to.Close()
		if fromInside == toInside {
			return fail.Usage("have %s and %s, need one of them as ID:PATH", c.Args[0], c.Args[1])
		}
		return copy.Copy(from, to, follow)
	}
}

// place opens the root that a side of cp is in. A path of the host that has a
// colon begins with . or /.
func place(c *tool.Call, text string) (*copy.Place, bool, error) {
	id, path, inside := split(text)
	if !inside {
		p, err := copy.Host(text)
		return p, false, err
	}
	ct, err := find(c, id)
	if err != nil {
		return nil, true, err
	}
	m, err := owners(ct)
	if err != nil {
		return nil, true, err
	}
	fd, err := openRoot(c, ct)
	p := copy.Inside(fd, path)
	p.Owners = m
	return p, true, err
}

func split(text string) (id, path string, inside bool) {
	id, path, inside = strings.Cut(text, ":")
	return id, path, inside && text[0] != '.' && text[0] != '/'
}

// openRoot opens the container's root. Of one of which only the bundle is left, as after
// a boot, it has to be mounted: what is below the mount point is nobody's.
func openRoot(c *tool.Call, ct *roster.Container) (int, error) {
	if ct.State == nil {
		if err := mountRoot(c, ct.Bundle); err != nil {
			return -1, err
		}
	}
	fd, err := unix.Open(rootOf(ct), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: rootOf(ct), Err: err}
	}
	return fd, nil
}

// rootOf is the container's root: as it sees it, while it lives.
func rootOf(ct *roster.Container) string {
	switch {
	case ct.Live():
		return "/proc/" + itoa(ct.State.Pid) + "/root"
	case ct.State != nil:
		return ct.State.Rootfs
	}
	return ct.Bundle + "/rootfs"
}
