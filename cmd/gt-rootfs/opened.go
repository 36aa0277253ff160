package main

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/driver"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// A made bundle is one that exists.
type made struct {
	dir string
	*bundle.Record
}

// find opens a bundle; one without a record has its root as it is.
func find(name string) (*made, error) {
	if name == "" { // the current directory is not meant
		return nil, fail.Usage("the bundle has no name")
	}
	dir, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(filepath.Join(dir, "rootfs")); err != nil {
		return nil, fail.New(fail.CodeNoSuch, "%s has no rootfs, need a bundle", name)
	}
	r, err := bundle.ReadRecord(dir)
	if r == nil {
		r = &bundle.Record{Driver: "copy"}
	}
	return &made{dir, r}, err
}

// root opens the root as the container sees it.
func (m *made) root() (int, error) {
	if len(m.Mounts) == 0 && m.mountable() {
		return -1, fail.New(fail.CodeStatus, "%s is not mounted, need gt-rootfs mount", m.dir)
	}
	return openDir(filepath.Join(m.dir, "rootfs"))
}

func (m *made) mountable() bool {
	if m.Source == "host" {
		return true
	}
	d, err := driver.Find(m.Driver)
	return err == nil && len(d.Standing(m.Record)) > 0
}

// upper opens what the container wrote, and the root below it.
func (m *made) upper() (upper, below int, err error) {
	if m.Disk != nil && m.Disk.Writable || len(m.Lower) == 0 && m.Disk == nil {
		return -1, -1, fail.New(fail.CodeStatus, "driver %s keeps no original to compare with, need overlay, tmpfs, fuse-overlayfs or erofs", m.Driver)
	}
	upper, err = openDir(filepath.Join(m.dir, ".upper/upper"))
	if err != nil {
		return -1, -1, fail.New(fail.CodeStatus, "%s was never mounted, or its writable layer is not mounted: %w", m.dir, err)
	}
	below, err = driver.View(m.dir, m.Record)
	if err != nil {
		_ = unix.Close(upper)
	}
	return upper, below, err
}

func openDir(path string) (int, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

// back turns owners as they show through the map into the container's.
func (m *made) back() func(uid, gid uint32) (uint32, uint32, error) {
	if m.Map == nil {
		return nil
	}
	maps := m.Map.Maps()
	return func(uid, gid uint32) (uint32, uint32, error) {
		u, ok := maps.UID.ToContainer(uid)
		g, ok2 := maps.GID.ToContainer(gid)
		if !ok || !ok2 {
			return 0, 0, fail.New(fail.CodeInput, "owner %d:%d is not in the map", uid, gid)
		}
		return u, g, nil
	}
}
