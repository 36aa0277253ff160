package loop

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Device is a loop device in use.
type Device struct {
	Name      string `json:"name"` // /dev/loopN
	File      string `json:"file"`
	Offset    int64  `json:"offset"`
	Length    int64  `json:"length"` // 0 is to the end
	ReadOnly  bool   `json:"readonly"`
	Autoclear bool   `json:"autoclear"`
}

// List returns the devices that have a file.
func List() ([]Device, error) {
	dirs, err := filepath.Glob("/sys/block/loop*/loop")
	if err != nil {
		return nil, err
	}
	list := []Device{}
	for _, dir := range dirs {
		file, err := text(dir, "backing_file")
		if errors.Is(err, os.ErrNotExist) {
			continue // went meanwhile
		}
		if err != nil {
			return nil, err
		}
		d := Device{Name: "/dev/" + filepath.Base(filepath.Dir(dir)), File: file}
		d.Offset = number(dir, "offset")
		d.Length = number(dir, "sizelimit")
		d.Autoclear = number(dir, "autoclear") == 1
		d.ReadOnly = number(dir, "../ro") == 1
		list = append(list, d)
	}
	sort.Slice(list, func(a, b int) bool {
		return len(list[a].Name) < len(list[b].Name) || len(list[a].Name) == len(list[b].Name) && list[a].Name < list[b].Name
	})
	return list, nil
}

func text(dir, name string) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(string(b), "\n"), nil
}

// number is 0 for a device that went meanwhile.
func number(dir, name string) int64 {
	s, err := text(dir, name)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Detach takes the file off a device, at once or with its last user. The
// device is named, or the file that it shows.
func Detach(name string) ([]string, error) {
	list, err := List()
	if err != nil {
		return nil, err
	}
	file := name
	if abs, err := filepath.EvalSymlinks(name); err == nil {
		if file, err = filepath.Abs(abs); err != nil {
			return nil, err
		}
	}
	var gone []string
	for _, d := range list {
		if d.Name != name && d.File != file {
			continue
		}
		if err := clearDevice(d.Name); err != nil {
			return gone, fmt.Errorf("detach %s: %w", d.Name, err)
		}
		gone = append(gone, d.Name)
	}
	if len(gone) == 0 {
		return nil, fail.New(fail.CodeNoSuch, "%s is no loop device in use, nor the file of one", name)
	}
	return gone, nil
}

func clearDevice(name string) error {
	f, err := os.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	err = unix.IoctlSetInt(int(f.Fd()), unix.LOOP_CLR_FD, 0)
	if err == unix.ENXIO {
		return nil
	}
	return err
}
