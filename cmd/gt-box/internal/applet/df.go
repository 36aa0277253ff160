package applet

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// df [file…]: every mount, or the file systems of the files, in KiB.
func df(args []string) int {
	_, names, err := options(args, "k")
	if err != nil {
		return misuse(args, "%s", err)
	}
	if len(names) == 0 {
		list, err := mounts()
		if err != nil {
			return fail(args, "%s", err)
		}
		for _, m := range list {
			names = append(names, m.target)
		}
	}
	fmt.Fprintf(out, "%-24s %12s %12s %12s %4s\n", "Mounted on", "1K-blocks", "Used", "Available", "Use%")
	return each(args, names, func(name string) error {
		var s unix.Statfs_t
		if err := unix.Statfs(name, &s); err != nil {
			return err
		}
		unit := uint64(s.Frsize)
		used := (s.Blocks - s.Bfree) * unit / 1024
		avail := s.Bavail * unit / 1024
		percent := uint64(0)
		if used+avail > 0 {
			percent = (used*100 + used + avail - 1) / (used + avail)
		}
		fmt.Fprintf(out, "%-24s %12d %12d %12d %3d%%\n", name, s.Blocks*unit/1024, used, avail, percent)
		return nil
	})
}
