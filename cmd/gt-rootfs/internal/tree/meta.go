package tree

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

const (
	aclAccess  = "system.posix_acl_access"
	aclDefault = "system.posix_acl_default"
)

// refuse rejects attributes with which overlayfs talks to itself: in a lower
// layer they make other files of the host or of the layer appear.
func refuse(list []Xattr) error {
	for _, x := range list {
		for _, own := range []string{"trusted.overlay.", "user.overlay.", "user.fuseoverlayfs."} {
			if strings.HasPrefix(x.Name, own) {
				return fail.New(fail.CodeUnsafe, "attribute %q belongs to overlayfs itself", x.Name)
			}
		}
	}
	return nil
}

// finish gives an open file all that is not content. The order is the
// kernel's: a change of owner takes setuid and capabilities away, a change of
// mode rewrites the ACL, and all of them would touch nothing of the times but
// content does.
func (t *Tree) finish(fd int, m *Meta, mode bool) error {
	if err := t.fits(m); err != nil {
		return err
	}
	// In a directory that stands, a new file may have got its group and ACL.
	if uid, gid := t.owner(m); t.stands || uid != t.uid || gid != t.gid {
		if err := unix.Fchown(fd, int(uid), int(gid)); err != nil {
			return notOurs(m, err)
		}
	}
	if mode || t.stands {
		if err := unix.Fchmod(fd, m.Mode&0o7777); err != nil {
			return fmt.Errorf("chmod %#o: %w", m.Mode&0o7777, err)
		}
	}
	for _, x := range m.Xattrs {
		if err := unix.Fsetxattr(fd, x.Name, x.Value, 0); err != nil {
			return fmt.Errorf("set attribute %q: %w", x.Name, err)
		}
	}
	if err := futimens(fd, &[2]unix.Timespec{m.Atime, m.Mtime}); err != nil {
		return fmt.Errorf("set times: %w", err)
	}
	return nil
}

func (t *Tree) owner(m *Meta) (uid, gid uint32) {
	if t.opt.Mine {
		return t.uid, t.gid
	}
	return m.UID, m.GID
}

// notOurs explains an owner that cannot be given.
func notOurs(m *Meta, err error) error {
	if err == unix.EINVAL {
		return fail.New(fail.CodePermission, "owner %d:%d has no id in this user namespace, need it in /etc/subuid and /etc/subgid", m.UID, m.GID)
	}
	return fmt.Errorf("chown %d:%d: %w", m.UID, m.GID, err)
}

// dress does the same for what cannot be opened: a symlink, device, fifo or
// socket that was just made. What is found at the name has to be of that kind.
func (t *Tree) dress(dir int, base string, kind uint32, m *Meta) error {
	if err := t.fits(m); err != nil {
		return err
	}
	fd, err := unix.Openat(dir, base, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != kind {
		return fail.New(fail.CodeUnsafe, "something else came in its place")
	}
	if uid, gid := t.owner(m); uid != st.Uid || gid != st.Gid {
		if err := unix.Fchownat(fd, "", int(uid), int(gid), unix.AT_EMPTY_PATH); err != nil {
			return notOurs(m, err)
		}
	}
	// The magic link leads to the very inode, a symlink's own too.
	self := "/proc/self/fd/" + strconv.Itoa(fd)
	if kind != unix.S_IFLNK && m.Mode&0o7777 != st.Mode&0o7777 {
		if err := unix.Chmod(self, m.Mode&0o7777); err != nil {
			return fmt.Errorf("chmod %#o: %w", m.Mode&0o7777, err)
		}
	}
	for _, x := range m.Xattrs {
		if err := unix.Setxattr(self, x.Name, x.Value, 0); err != nil {
			return fmt.Errorf("set attribute %q: %w", x.Name, err)
		}
	}
	ts := [2]unix.Timespec{m.Atime, m.Mtime}
	if err := unix.UtimesNanoAt(fd, "", ts[:], unix.AT_EMPTY_PATH); err != nil {
		return fmt.Errorf("set times: %w", err)
	}
	return nil
}

// late is a directory whose metadata waits for Finish. There may be very many:
// what few have is kept apart.
type late struct {
	name     string
	mtime    unix.Timespec
	uid, gid uint32
	mode     uint32
	more     *more
}

type more struct {
	atime  unix.Timespec
	xattrs []Xattr
}

func (l *late) set(m *Meta) {
	l.mode, l.uid, l.gid, l.mtime, l.more = m.Mode, m.UID, m.GID, m.Mtime, nil
	if m.Atime.Nsec != unix.UTIME_OMIT || len(m.Xattrs) > 0 {
		l.more = &more{m.Atime, m.Xattrs}
	}
}

func (l *late) meta() *Meta {
	m := &Meta{Mode: l.mode, UID: l.uid, GID: l.gid, Mtime: l.mtime, Atime: unix.Timespec{Nsec: unix.UTIME_OMIT}}
	if l.more != nil {
		m.Atime, m.Xattrs = l.more.atime, l.more.xattrs
	}
	return m
}

// mostLateXattrs bounds the attributes of directories that wait, in bytes.
const mostLateXattrs = 8 << 20

func (t *Tree) remember(name string, m *Meta) error {
	i, ok := t.index.find(name)
	if !ok {
		i = len(t.late)
		t.index.add(name, i)
		t.late = append(t.late, late{name: name})
	}
	l := &t.late[i]
	if l.more != nil {
		t.lateXattrs -= bytesOf(l.more.xattrs)
	}
	t.lateXattrs += bytesOf(m.Xattrs)
	l.set(m)
	if t.lateXattrs > mostLateXattrs {
		return fail.New(fail.CodeLimit, "the attributes of directories have more than %d MiB", mostLateXattrs>>20)
	}
	return nil
}

func bytesOf(list []Xattr) (n int) {
	for _, x := range list {
		n += len(x.Name) + len(x.Value)
	}
	return n
}

// Finish dresses the directories, the deepest first. One that was replaced by
// a later entry is left alone.
func (t *Tree) Finish() error {
	if err := t.settle(); err != nil {
		return err
	}
	t.dismiss()
	t.parents.drop()
	if err := t.hiding(); err != nil {
		return err
	}
	for name := range t.guessed {
		if _, ok := t.index.find(name); !ok {
			t.implied = append(t.implied, name)
		}
	}
	slices.Sort(t.implied)
	_, root := t.index.find("")
	t.rooted = t.rooted || root
	t.index = nil
	if err := t.dressDirs(); err != nil {
		return err
	}
	if t.rooted || t.stands {
		return nil
	}
	return unix.Fchmod(t.root, 0o755)
}
