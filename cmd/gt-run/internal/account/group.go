package account

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A Group is a --group-add that has been checked but not looked up.
type Group struct{ who }

// ParseGroup checks a number or a name.
func ParseGroup(text string) (Group, error) {
	w, err := parse(text)
	if err != nil {
		return Group{}, fmt.Errorf("group %w", err)
	}
	return Group{w}, nil
}

// Find looks the group up in the root filesystem at the directory root.
func (g Group) Find(root string) (uint32, error) {
	fd, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("open root filesystem %s: %w", root, err)
	}
	defer unix.Close(fd)
	return g.findGroup(fd)
}

// Range reads the IDs of the host that a container has: UID:SIZE, or auto, the
// range that subuid(5) gives root or containers.
func Range(text string) (first, size uint32, err error) {
	if text == "auto" {
		return subordinate("/etc/subuid")
	}
	a, b, ok := strings.Cut(text, ":")
	n, nerr := number(a)
	m, merr := number(b)
	if !ok || nerr != nil || merr != nil || n == 0 || m == 0 || uint64(n)+uint64(m) > 1<<32-1 {
		return 0, 0, fmt.Errorf("have %q, need host, auto or UID:SIZE as 100000:65536", text)
	}
	return n, m, nil
}

func subordinate(file string) (first, size uint32, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) != 3 || f[0] != "containers" && f[0] != "root" {
			continue
		}
		a, aerr := strconv.ParseUint(f[1], 10, 32)
		b, berr := strconv.ParseUint(f[2], 10, 32)
		if aerr == nil && berr == nil && a > 0 && b > 0 {
			return uint32(a), uint32(b), nil
		}
	}
	return 0, 0, errors.New("auto: /etc/subuid has no range of containers or root, need one, or UID:SIZE")
}
