package verity

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// prefix of our devices' names; the process that makes one follows.
const prefix = "gt-rootfs-"

// Device makes a device over two others, which checks what is read by the root
// hash. It goes with the last descriptor and mount of it.
func Device(t *Tree, data, hash, root string) (*os.File, error) {
	m, err := open()
	if err != nil {
		return nil, err
	}
	defer m.file.Close()
	name := prefix + strconv.Itoa(os.Getpid()) + "-" + rand.Text()[:8]
	answer, err := m.do(devCreate, name, readOnly, nil)
	if err != nil {
		return nil, fmt.Errorf("make the device %s: %w", name, err)
	}
	dev, err := m.begin(t, name, t.table(data, hash, root), number(answer))
	// With the device open, its removal waits for its end.
	if _, gone := m.do(devRemove, name, deferred, nil); gone != nil && err == nil {
		err = errors.Join(fmt.Errorf("remove the device %s: %w", name, gone), dev.Close())
	}
	return dev, err
}

// begin fills a device with its table and opens it.
func (m *mapper) begin(t *Tree, name, line string, number uint64) (*os.File, error) {
	_, err := m.do(tableLoad, name, readOnly, target("verity", line, t.Length()))
	if err == unix.EINVAL { //nolint:errorlint // the very errno
		return nil, fail.New(fail.CodeKernel, "the kernel takes no table of dm-verity: %w", err)
	}
	if err == nil {
		_, err = m.do(devSuspend, name, readOnly, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("start the device %s: %w", name, err)
	}
	path := "/dev/dm-" + strconv.Itoa(int(unix.Minor(number)))
	dev, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) { // a /dev that nobody fills
		if err = unix.Mknod(path, unix.S_IFBLK|0o600, int(number)); err == nil {
			dev, err = os.Open(path)
		}
	}
	return dev, err
}

// Sweep removes the devices of processes that were killed before they could
// open them, and returns their names.
func Sweep() ([]string, error) {
	m, err := open()
	if err != nil {
		return nil, nil //nolint:nilerr // no device mapper, no devices
	}
	defer m.file.Close()
	answer, err := m.do(listDevices, "", 0, make([]byte, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("list the devices of the device mapper: %w", err)
	}
	var gone []string
	var errs []error
	for _, name := range names(answer) {
		rest, ours := strings.CutPrefix(name, prefix)
		pid, _, _ := strings.Cut(rest, "-")
		if _, alive := os.Stat("/proc/" + pid); !ours || alive == nil {
			continue
		}
		switch _, err := m.do(devRemove, name, 0, nil); err { //nolint:errorlint // the very errno
		case nil:
			gone = append(gone, name)
		case unix.EBUSY, unix.ENXIO: // in use, or gone with its last user meanwhile
		default:
			errs = append(errs, fmt.Errorf("remove the device %s: %w", name, err))
		}
	}
	return gone, errors.Join(errs...)
}
