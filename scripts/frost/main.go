// Frost measures how long a checkpoint and a restore take, by turns: gt-ckpt,
// runc, Podman, and criu alone with the command line that a person would write. All dump
// the like container, a shell with some MiB of dirty memory, to the same
// filesystem. How long the container stood still is what CRIU itself writes down.
//
//	frost [-rounds N] [-mb 16,512] -dir WORK -criu PATH gt=DIR [runc=PATH] [podman=PATH]
//
// WORK has the bundle `hold`, as scripts/bench-ckpt.sh makes it.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func main() {
	rounds := flag.Int("rounds", 10, "rounds of each measurement")
	sizes := flag.String("mb", "16,512", "MiB of dirty memory")
	dir := flag.String("dir", "", "directory of the bundle")
	criu := flag.String("criu", "criu", "the CRIU of all")
	flag.Parse()
	if err := measure(*dir, *criu, *sizes, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "frost:", err)
		os.Exit(1)
	}
}

func measure(dir, criu, sizes string, rounds int) error {
	// What is orphaned comes to us and is reaped at once: its PID is free then.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return err
	}
	list, err := contestants(dir, criu, flag.Args())
	if err != nil {
		return err
	}
	go interrupted(list)
	t := newTable(list)
	for size := range strings.SplitSeq(sizes, ",") {
		mb, err := strconv.Atoi(size)
		if err != nil {
			return err
		}
		for round := -1; round < rounds; round++ {
			for i := range list {
				c := list[(i+round+1)%len(list)]
				s, err := c.once(mb)
				if err != nil {
					return fmt.Errorf("%s, %d MiB: %w", c.name, mb, err)
				}
				if round >= 0 { // the first is not counted
					t.add(mb, c.name, s)
				}
			}
		}
	}
	t.print(os.Stdout)
	return nil
}

// interrupted leaves no container behind when somebody has had enough.
func interrupted(list []*contestant) {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, unix.SIGTERM)
	<-stop
	for _, c := range list {
		if err := c.remove(c.id()); err != nil {
			fmt.Fprintln(os.Stderr, "frost:", err)
		}
	}
	os.Exit(130)
}
