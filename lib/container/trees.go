package container

import (
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/bare"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/mount"
)

// trees opens what a mapped user need not be able to reach: the root, and what
// is bound from the host. Engines keep both in directories that are the host's
// root's alone. An unprivileged user opens nothing here and binds inside, as
// does whoever binds what cannot be opened: there the step says which. Id-mapped
// mounts are made here in any case. sent is how many descriptors go before these.
func (c *creation) trees(sent, pid int) ([]int, error) {
	list, err := c.mapped(sent, pid)
	if !c.input.Host.UserNS || err != nil {
		return list, err
	}
	tree, err := c.tree(c.st.Rootfs, true)
	if err == unix.EPERM {
		return list, nil
	}
	if err != nil {
		return nil, &fail.Error{Member: "/root/path", Op: "open " + c.st.Rootfs, Cause: err}
	}
	list = append(list, tree)
	c.input.Host.Root = sent + len(list)
	if c.input.Host.Trees == nil {
		c.input.Host.Trees = map[int]int{}
	}
	for i := range c.spec.Mounts {
		m := &c.spec.Mounts[i]
		// One descriptor is the page for the step.
		if sent+len(list)+1 >= bare.MaxFiles {
			break
		}
		o, err := mount.Parse(m, "")
		if err != nil || !o.Bind || o.Remount || mount.Mapped(m) || strings.HasPrefix(m.Type, "cgroup") {
			continue
		}
		source := m.Source
		if !filepath.IsAbs(source) {
			source = filepath.Join(c.o.Bundle, source)
		}
		if tree, err := c.tree(source, o.Recursive); err == nil {
			list = append(list, tree)
			c.input.Host.Trees[i] = sent + len(list)
		}
	}
	return list, nil
}

// mapped opens the id-mapped mounts.
func (c *creation) mapped(sent, pid int) (list []int, err error) {
	for i := range c.spec.Mounts {
		m := &c.spec.Mounts[i]
		if !mount.Mapped(m) {
			continue
		}
		if sent+len(list)+1 >= bare.MaxFiles {
			return nil, fail.Spec("/mounts/"+itoa(i), "have more than %d id-mapped mounts, need fewer", len(list))
		}
		tree, err := mapped(m, "/mounts/"+itoa(i), c.o.Bundle, pid)
		if err != nil {
			return nil, err
		}
		c.later(func() { _ = unix.Close(tree) })
		list = append(list, tree)
		if c.input.Host.Trees == nil {
			c.input.Host.Trees = map[int]int{}
		}
		c.input.Host.Trees[i] = sent + len(list)
	}
	return list, nil
}

// tree opens one, and closes it when the container is not made.
func (c *creation) tree(path string, recursive bool) (int, error) {
	fd, err := tree(path, recursive)
	if err == nil {
		c.later(func() { _ = unix.Close(fd) })
	}
	return fd, err
}

// tree detaches a copy of what is at path. It is no longer a peer of the
// host's mounts: they would show whatever is mounted in it.
func tree(path string, recursive bool) (int, error) {
	flags := uint(0)
	if recursive {
		flags = unix.AT_RECURSIVE
	}
	tree, err := unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|flags)
	if err != nil {
		return -1, err
	}
	err = unix.MountSetattr(tree, "", unix.AT_EMPTY_PATH|flags, &unix.MountAttr{Propagation: unix.MS_SLAVE})
	if err != nil {
		_ = unix.Close(tree)
		return -1, err
	}
	return tree, nil
}
