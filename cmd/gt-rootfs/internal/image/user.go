package image

import (
	"bufio"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/path"
)

// maxAccounts bounds what is read of a passwd or group file, in bytes.
const maxAccounts = 4 << 20

// lookup finds the ids of user, user:group, uid, uid:gid and the mixed forms
// (image-spec, config.md, "User"). A name comes before a number, as with other
// runtimes; whatever is neither is refused and never becomes root.
func lookup(root int, text string) (specs.User, error) {
	if text == "" {
		return specs.User{}, nil
	}
	name, group, given := strings.Cut(text, ":")
	if name == "" || given && group == "" {
		return specs.User{}, fail.New(fail.CodeInput, "config: user %q, need user or user:group", text)
	}
	var u specs.User
	account, err := find(root, "etc/passwd", func(f []string) bool { return len(f) >= 4 && f[0] == name })
	if err != nil {
		return u, err
	}
	if account == nil {
		if u.UID, err = id("user", name); err != nil {
			return u, err
		}
		account, err = find(root, "etc/passwd", func(f []string) bool { return len(f) >= 4 && f[2] == strconv.Itoa(int(u.UID)) })
		if err != nil {
			return u, err
		}
	}
	if account != nil {
		if u.UID, err = id("user", account[2]); err != nil {
			return u, err
		}
		if u.GID, err = id("group", account[3]); err != nil {
			return u, err
		}
		name = account[0]
	}
	if given {
		u.GID, err = groupID(root, group)
		return u, err
	}
	u.AdditionalGids, err = member(root, name, u.GID)
	return u, err
}

func groupID(root int, name string) (uint32, error) {
	g, err := find(root, "etc/group", func(f []string) bool { return len(f) >= 3 && f[0] == name })
	if err != nil {
		return 0, err
	}
	if g != nil {
		name = g[2]
	}
	return id("group", name)
}

// member lists the further groups that name a user.
func member(root int, name string, own uint32) ([]uint32, error) {
	var list []uint32
	_, err := find(root, "etc/group", func(f []string) bool {
		if len(f) < 4 || !slices.Contains(strings.Split(f[3], ","), name) {
			return false
		}
		if n, err := id("group", f[2]); err == nil && n != own && !slices.Contains(list, n) && len(list) < 1024 {
			list = append(list, n)
		}
		return false
	})
	return list, err
}

// id reads a number of at most 2^32-2; no sign, no zero in front.
func id(what, text string) (uint32, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n == 1<<32-1 || strconv.FormatUint(n, 10) != text {
		return 0, fail.New(fail.CodeInput, "config: %s %q is neither in the image nor a number from 0 to 4294967294", what, text)
	}
	return uint32(n), nil
}

// find returns the first line whose fields fit. A file that is not there, or
// is no file, has no lines.
func find(root int, name string, fits func(fields []string) bool) ([]string, error) {
	fd, err := path.Open(root, name, unix.O_RDONLY|unix.O_NONBLOCK)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		return nil, nil
	}
	if err != nil {
		return nil, &fail.Error{Op: "open " + name, Cause: err}
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fail.New(fail.CodeUnsafe, "%s of the image is no regular file", name)
	}
	lines := bufio.NewScanner(io.LimitReader(f, maxAccounts))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if fields := strings.Split(strings.TrimSpace(lines.Text()), ":"); fits(fields) {
			return fields, nil
		}
	}
	return nil, lines.Err()
}
