package account

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/path"
)

// Find looks an asked user up in the root filesystem at the directory root.
//
// Without a group, a user who is in passwd has the groups that passwd and
// group give him; a number that is not there has itself as its group.
func (a Asked) Find(root string) (Account, error) {
	fd, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return Account{}, fmt.Errorf("open root filesystem %s: %w", root, err)
	}
	defer unix.Close(fd)
	found, err := a.findUser(fd)
	if err != nil {
		return Account{}, err
	}
	if a.grouped {
		found.GID, err = a.group.findGroup(fd)
	} else if found.name != "" {
		found.Groups, err = memberships(fd, found.name, found.GID)
	}
	return found.Account, err
}

type entry struct {
	Account
	name string
}

func (a Asked) findUser(root int) (entry, error) {
	rows, err := rows(root, "etc/passwd")
	missing := err == unix.ENOENT || err == unix.ENOTDIR
	if err != nil && !missing {
		return entry{}, fmt.Errorf("read /etc/passwd of the root filesystem: %w", err)
	}
	for _, row := range rows {
		e, err := passwd(row)
		if a.user.numeric {
			// Rows that are broken, or named like a number, are about nobody here.
			if err == nil && e.UID == a.user.id && nameLike(e.name) {
				return e, nil
			}
			continue
		}
		if name, _, _ := strings.Cut(row, ":"); name == a.user.name {
			if err != nil {
				return e, fmt.Errorf("user %s in /etc/passwd of the root filesystem: %w", name, err)
			}
			return e, nil
		}
	}
	if a.user.numeric {
		return entry{Account: Account{UID: a.user.id, GID: a.user.id}}, nil
	}
	if missing {
		return entry{}, fmt.Errorf("user %s: the root filesystem has no /etc/passwd, need a number", a.user.name)
	}
	return entry{}, fmt.Errorf("user %s is not in /etc/passwd of the root filesystem", a.user.name)
}

// passwd reads name:password:UID:GID:comment:home:shell.
func passwd(row string) (entry, error) {
	f := strings.Split(row, ":")
	if len(f) < 4 {
		return entry{}, fmt.Errorf("row has %d fields, need 7", len(f))
	}
	uid, err := number(f[2])
	if err != nil {
		return entry{}, fmt.Errorf("UID %w", err)
	}
	gid, err := number(f[3])
	if err != nil {
		return entry{}, fmt.Errorf("GID %w", err)
	}
	e := entry{name: f[0], Account: Account{UID: uid, GID: gid}}
	if len(f) > 5 && strings.HasPrefix(f[5], "/") && !strings.Contains(f[5], "\x00") {
		e.Home = f[5]
	}
	return e, nil
}

func (w who) findGroup(root int) (uint32, error) {
	if w.numeric {
		return w.id, nil
	}
	rows, err := rows(root, "etc/group")
	if err != nil {
		return 0, fmt.Errorf("read /etc/group of the root filesystem: %w", err)
	}
	for _, row := range rows {
		f := strings.Split(row, ":")
		if f[0] != w.name {
			continue
		}
		if len(f) < 3 {
			return 0, fmt.Errorf("group %s in /etc/group of the root filesystem: row has %d fields, need 4", w.name, len(f))
		}
		gid, err := number(f[2])
		if err != nil {
			return 0, fmt.Errorf("group %s in /etc/group of the root filesystem: GID %w", w.name, err)
		}
		return gid, nil
	}
	return 0, fmt.Errorf("group %s is not in /etc/group of the root filesystem", w.name)
}

// memberships are the groups that list the user. Rows that are broken give
// nothing; their number is bounded by what the kernel takes (NGROUPS_MAX).
func memberships(root int, user string, primary uint32) ([]uint32, error) {
	rows, err := rows(root, "etc/group")
	if err == unix.ENOENT || err == unix.ENOTDIR {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read /etc/group of the root filesystem: %w", err)
	}
	var groups []uint32
	for _, row := range rows {
		f := strings.Split(row, ":")
		if len(f) < 4 || !slices.Contains(strings.Split(f[3], ","), user) {
			continue
		}
		gid, err := number(f[2])
		if err == nil && gid != primary && !slices.Contains(groups, gid) && len(groups) < maxGroups {
			groups = append(groups, gid)
		}
	}
	return groups, nil
}

const (
	maxGroups = 65536
	maxFile   = 1 << 20
)

// rows opens a file as the container would, and reads it if it is a regular
// one of sane size. O_NONBLOCK keeps a fifo from holding us up.
func rows(root int, name string) ([]string, error) {
	fd, err := path.Open(root, name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, errors.New("it is no regular file")
	}
	if st.Size > maxFile {
		return nil, fmt.Errorf("it has %d bytes, need at most %d", st.Size, maxFile)
	}
	// A file that grows meanwhile, or one that has no size, stays bounded.
	text := make([]byte, maxFile)
	n := 0
	for n < len(text) {
		m, err := unix.Read(fd, text[n:])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, err
		}
		if m == 0 {
			break
		}
		n += m
	}
	return strings.Split(string(text[:n]), "\n"), nil
}
