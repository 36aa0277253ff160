// Package loop makes block devices of files (loop(4)). Each goes away by itself
// when its last user does, also when that is killed: the devices are configured
// with autoclear before anybody can see them.
package loop

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

const control = "/dev/loop-control"

// major is that of all loop devices (admin-guide/devices.txt).
const major = 7

// attempts bounds the race for a free device against other programs.
const attempts = 1000

// A Window is the part of a file that the device shows.
type Window struct {
	Offset, Length int64 // bytes; a length of 0 is to the end
	ReadOnly       bool
}

// Attach gives a device for an open file. The device is there as long as the
// descriptor is open or something is mounted from it.
func Attach(file *os.File, w Window) (*os.File, error) {
	ctl, err := os.OpenFile(control, os.O_RDWR, 0)
	if err != nil {
		return nil, fail.New(fail.CodeHost, "have no loop devices: %w", err)
	}
	defer ctl.Close()
	config := unix.LoopConfig{
		Fd:   uint32(file.Fd()),
		Info: unix.LoopInfo64{Offset: uint64(w.Offset), Sizelimit: uint64(w.Length), Flags: unix.LO_FLAGS_AUTOCLEAR},
	}
	copy(config.Info.File_name[:len(config.Info.File_name)-1], file.Name())
	mode := os.O_RDWR
	if w.ReadOnly {
		config.Info.Flags |= unix.LO_FLAGS_READ_ONLY
		mode = os.O_RDONLY
	}
	for range attempts {
		dev, err := try(ctl, &config, mode)
		if err == nil {
			return dev, nil
		}
		// Somebody else took it (EBUSY), or its node is not there yet or
		// was removed (ENOENT, ENXIO).
		if !errors.Is(err, unix.EBUSY) && !errors.Is(err, unix.ENXIO) && !errors.Is(err, unix.ENOENT) {
			return nil, fmt.Errorf("attach %s: %w", file.Name(), err)
		}
	}
	return nil, fail.New(fail.CodeBusy, "attach %s: every loop device is taken at once, %d times", file.Name(), attempts)
}

func try(ctl *os.File, config *unix.LoopConfig, mode int) (*os.File, error) {
	n, err := unix.IoctlRetInt(int(ctl.Fd()), unix.LOOP_CTL_GET_FREE)
	if err != nil {
		return nil, err
	}
	path := "/dev/loop" + strconv.Itoa(n)
	dev, err := os.OpenFile(path, mode, 0)
	if errors.Is(err, os.ErrNotExist) {
		// A /dev that nobody fills, as in a container.
		err = unix.Mknod(path, unix.S_IFBLK|0o600, int(unix.Mkdev(major, uint32(n))))
		if err == nil || err == unix.EEXIST {
			dev, err = os.OpenFile(path, mode, 0)
		}
	}
	if err != nil {
		return nil, err
	}
	if err := unix.IoctlLoopConfigure(int(dev.Fd()), config); err != nil {
		_ = dev.Close()
		return nil, err
	}
	return dev, nil
}
