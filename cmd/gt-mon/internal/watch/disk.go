package watch

import (
	"os"

	"golang.org/x/sys/unix"
)

// layers are where a bundle may have what its container writes.
var layers = []string{".upper/upper", "rootfs"}

// diskUse is what the writable layer of a bundle takes, in bytes.
func diskUse(bundle string) uint64 {
	for _, name := range layers {
		if fd, err := unix.Open(bundle+"/"+name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0); err == nil {
			defer unix.Close(fd)
			return size(bundle + "/" + name)
		}
	}
	return 0
}

func size(dir string) (sum uint64) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return 0
	}
	for _, e := range list {
		name := dir + "/" + e.Name()
		var st unix.Stat_t
		if unix.Lstat(name, &st) != nil {
			continue
		}
		sum += uint64(st.Blocks) * 512
		if e.IsDir() {
			sum += size(name)
		}
	}
	return sum
}
