package driver

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

var errNoQuota = errors.New("no project quota")

// quota makes a directory whose content may have size bytes at most. It
// returns the project's number (quotactl(2), ext4(5) prjquota, xfs_quota(8)).
func quota(holder, dir string, size int64) (uint32, error) {
	device, err := deviceOf(holder)
	if err != nil {
		return 0, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return 0, err
	}
	project, err := free(device)
	if err == nil {
		err = limitProject(device, project, size)
	}
	if err == nil {
		err = setProject(dir, project)
	}
	if err != nil {
		_ = os.Remove(dir)
		return 0, err
	}
	return project, nil
}

// free finds a project that nobody has limited, far from the numbers that
// people give by hand.
func free(device string) (uint32, error) {
	for range 100 {
		var b [4]byte
		if _, err := rand.Read(b[:]); err != nil {
			return 0, err
		}
		project := 1<<30 | binary.LittleEndian.Uint32(b[:])&(1<<30-1)
		used, err := projectUsed(device, project)
		if err != nil {
			return 0, errNoQuota
		}
		if !used {
			return project, nil
		}
	}
	return 0, errNoQuota
}

// deviceOf is the block device of the file system that holds dir.
func deviceOf(dir string) (string, error) {
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		return "", fmt.Errorf("stat %s: %w", dir, err)
	}
	if unix.Major(st.Dev) == 0 {
		return "", errNoQuota
	}
	text, err := os.ReadFile(fmt.Sprintf("/sys/dev/block/%d:%d/uevent", unix.Major(st.Dev), unix.Minor(st.Dev)))
	if err != nil {
		return "", errNoQuota
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "DEVNAME="); ok {
			return "/dev/" + name, nil
		}
	}
	return "", errNoQuota
}
