package landlock

import "golang.org/x/sys/unix"

// rights are the words of linux/landlock.h, LANDLOCK_ACCESS_FS_, in the order
// of their bits.
var rights = [...]string{
	"execute", "write_file", "read_file", "read_dir", "remove_dir", "remove_file", "make_char", "make_dir",
	"make_reg", "make_sock", "make_fifo", "make_block", "make_sym", "refer", "truncate", "ioctl_dev",
}

func words() []string { return rights[:] }

// rightsOf is the right of a word, or the rights of a group: read, write (all
// that changes something) or execute.
func rightsOf(word string) (uint64, bool) {
	const read = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	switch word {
	case "read":
		return read, true
	case "write":
		return Rights(5) &^ (read | unix.LANDLOCK_ACCESS_FS_EXECUTE), true
	}
	for i, w := range rights {
		if w == word {
			return 1 << i, true
		}
	}
	return 0, false
}

// Rights are those to files that an ABI knows (landlock(7), "VERSIONS").
func Rights(abi int) uint64 {
	switch {
	case abi >= 5:
		return 1<<16 - 1
	case abi >= 3:
		return 1<<15 - 1
	case abi == 2:
		return 1<<14 - 1
	}
	return 1<<13 - 1
}

// versions are the kernels that brought the ABIs, from 1.
var versions = [...]string{"5.13", "5.19", "6.2", "6.7", "6.10", "6.12", "6.15"}

func since(abi int) string {
	if abi <= len(versions) {
		return versions[abi-1]
	}
	return "newer than " + versions[len(versions)-1]
}
