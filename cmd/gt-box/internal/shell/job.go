package shell

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-box/internal/sig"
	"mvdan.cc/sh/v3/syntax"
)

// wait waits for the given background processes, or for all.
func (s *Shell) wait(args []string) int {
	if len(args) == 1 {
		got := s.waitUntil(func() bool {
			for _, j := range s.jobs {
				if !j.done {
					return false
				}
			}
			return true
		})
		if got == 0 {
			clear(s.jobs)
		}
		return s.orExit(got)
	}
	status := 0
	for _, word := range args[1:] {
		pid, err := strconv.Atoi(word)
		if err != nil {
			return s.wrong("wait", "%s: need a pid", word)
		}
		j := s.jobs[pid]
		if j == nil {
			status = statusNotFound
			continue
		}
		if got := s.waitUntil(func() bool { return j.done }); got != 0 {
			return s.orExit(got)
		}
		status = j.status
	}
	return status
}

func (s *Shell) listJobs([]string) int {
	s.reap()
	var b strings.Builder
	for _, pid := range slices.Sorted(maps.Keys(s.jobs)) {
		if !s.jobs[pid].done {
			b.WriteString(strconv.Itoa(pid) + "\n")
		}
	}
	return truth(s.say(1, b.String()) == nil)
}

// kill sends a signal to processes: kill [-s NAME | -NAME | -N] pid…, kill -l.
func (s *Shell) kill(args []string) int {
	n, pids, err := sig.Args(args[1:])
	if err != nil {
		return s.wrong("kill", "%s", err)
	}
	if pids == nil {
		return truth(s.say(1, sig.List()) == nil)
	}
	status := 0
	for _, pid := range pids {
		action, trapped := s.traps[sig.Name(n)]
		if pid == os.Getpid() && n != 0 && trapped {
			// The Go runtime would deliver it a little later than the next
			// command starts.
			if action != "" {
				s.runTrap(n)
			}
			continue
		}
		if err := syscall.Kill(pid, n); err != nil {
			s.complain("kill: %d: %s", pid, err)
			status = 1
		}
	}
	return s.orExit(status)
}

// orExit is the status of a builtin during which a trap may have called exit.
func (s *Shell) orExit(status int) int {
	if s.flow == flowExit {
		return s.status
	}
	return status
}

// timed is `time command`: how long it took, on stderr.
func (s *Shell) timed(c *syntax.TimeClause) {
	s.tail = false
	start := time.Now()
	if c.Stmt != nil {
		s.stmt(c.Stmt)
	}
	_ = s.say(2, fmt.Sprintf("real\t%.3fs\n", time.Since(start).Seconds()))
}

// times prints the processor time of the shell and of its children.
func (s *Shell) times([]string) int {
	var b strings.Builder
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if err := unix.Getrusage(who, &u); err != nil {
			return s.wrong("times", "%s", err)
		}
		fmt.Fprintf(&b, "%s %s\n", clock(u.Utime), clock(u.Stime))
	}
	return truth(s.say(1, b.String()) == nil)
}

func clock(t unix.Timeval) string {
	return fmt.Sprintf("%dm%d.%03ds", t.Sec/60, t.Sec%60, t.Usec/1000)
}
