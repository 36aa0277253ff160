package volume

import (
	"fmt"
	"os"
	"path"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Device reads HOST[:CONTAINER][:rwm] and returns the node and what may be done
// with it.
func Device(text string) (d specs.LinuxDevice, access string, err error) {
	parts := strings.Split(text, ":")
	inside := parts[0]
	access = "rwm"
	for _, p := range parts[1:] {
		switch {
		case strings.HasPrefix(p, "/"):
			inside = p
		case p != "" && strings.Trim(p, "rwm") == "":
			access = p
		default:
			return d, "", fmt.Errorf("have %q, need HOST[:CONTAINER][:rwm]", text)
		}
	}
	if len(parts) > 3 || !path.IsAbs(parts[0]) {
		return d, "", fmt.Errorf("have %q, need HOST[:CONTAINER][:rwm]", text)
	}
	var st unix.Stat_t
	if err := unix.Stat(parts[0], &st); err != nil {
		return d, "", fmt.Errorf("%s: %w", parts[0], err)
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFBLK:
		d.Type = "b"
	case unix.S_IFCHR:
		d.Type = "c"
	default:
		return d, "", fmt.Errorf("%s is no device", parts[0])
	}
	mode := os.FileMode(st.Mode & 0o777)
	d.Path, d.Major, d.Minor = path.Clean(inside), int64(unix.Major(st.Rdev)), int64(unix.Minor(st.Rdev))
	d.FileMode, d.UID, d.GID = &mode, &st.Uid, &st.Gid
	return d, access, nil
}
