package applet

import (
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// fds lists the descriptors this program was started with, and what they are.
// Those the Go runtime has opened itself are close-on-exec and are left out.
func fds(args []string) int {
	numbers, err := openFds()
	if err != nil {
		return fail(args, "read /proc/self/fd: %s", why(err))
	}
	for _, n := range numbers {
		buf := make([]byte, unix.PathMax)
		size, err := unix.Readlink("/proc/self/fd/"+strconv.Itoa(n), buf)
		if err != nil {
			return fail(args, "%d: %s", n, err)
		}
		fmt.Fprintf(out, "%d %s\n", n, buf[:size])
	}
	return 0
}

func openFds() ([]int, error) {
	fd, err := unix.Open("/proc/self/fd", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var names []string
	buf := make([]byte, 8192)
	for {
		n, err := unix.ReadDirent(fd, buf)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			break
		}
		_, _, names = unix.ParseDirent(buf[:n], -1, names)
	}
	var numbers []int
	for _, name := range names {
		n, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(n), unix.F_GETFD, 0)
		if err == nil && flags&unix.FD_CLOEXEC == 0 {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}
