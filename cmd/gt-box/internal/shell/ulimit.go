package shell

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

var limits = []struct {
	letter   byte
	resource int
	unit     uint64 // bytes or pieces in one unit of ulimit
	name     string
}{
	{'c', unix.RLIMIT_CORE, 512, "core file size (blocks)"},
	{'d', unix.RLIMIT_DATA, 1024, "data seg size (kb)"},
	{'e', unix.RLIMIT_NICE, 1, "scheduling priority"},
	{'f', unix.RLIMIT_FSIZE, 512, "file size (blocks)"},
	{'i', unix.RLIMIT_SIGPENDING, 1, "pending signals"},
	{'l', unix.RLIMIT_MEMLOCK, 1024, "locked memory (kb)"},
	{'m', unix.RLIMIT_RSS, 1024, "max memory size (kb)"},
	{'n', unix.RLIMIT_NOFILE, 1, "open files"},
	{'p', unix.RLIMIT_NPROC, 1, "processes"},
	{'q', unix.RLIMIT_MSGQUEUE, 1, "message queues (bytes)"},
	{'r', unix.RLIMIT_RTPRIO, 1, "real-time priority"},
	{'s', unix.RLIMIT_STACK, 1024, "stack size (kb)"},
	{'t', unix.RLIMIT_CPU, 1, "cpu time (seconds)"},
	{'u', unix.RLIMIT_NPROC, 1, "processes"},
	{'v', unix.RLIMIT_AS, 1024, "address space (kb)"},
	{'x', unix.RLIMIT_LOCKS, 1, "file locks"},
}

// ulimit shows or sets the limits of the shell and of what it starts.
func (s *Shell) ulimit(args []string) int {
	args = args[1:]
	hard, soft, all, which := false, false, false, byte('f')
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		for i := 1; i < len(args[0]); i++ {
			switch c := args[0][i]; c {
			case 'H':
				hard = true
			case 'S':
				soft = true
			case 'a':
				all = true
			default:
				which = c
			}
		}
		args = args[1:]
	}
	var b strings.Builder
	for _, l := range limits {
		if all && l.letter != 'u' {
			var r unix.Rlimit
			if err := unix.Getrlimit(l.resource, &r); err != nil {
				return s.wrong("ulimit", "%s", err)
			}
			fmt.Fprintf(&b, "-%c: %-26s %s\n", l.letter, l.name, inUnits(pick(r, hard), l.unit))
		}
		if all || l.letter != which {
			continue
		}
		var r unix.Rlimit
		if err := unix.Getrlimit(l.resource, &r); err != nil {
			return s.wrong("ulimit", "%s", err)
		}
		if len(args) == 0 {
			return truth(s.say(1, inUnits(pick(r, hard), l.unit)+"\n") == nil)
		}
		v, err := limitValue(args[0], r, l.unit)
		if err != nil {
			return s.wrong("ulimit", "%s", err)
		}
		if soft || !hard {
			r.Cur = v
		}
		if hard || !soft {
			r.Max = v
		}
		if err := unix.Setrlimit(l.resource, &r); err != nil {
			return s.wrong("ulimit", "set %s: %s", l.name, err)
		}
		return 0
	}
	if !all {
		return s.wrong("ulimit", "no such limit: -%c", which)
	}
	return truth(s.say(1, b.String()) == nil)
}

func pick(r unix.Rlimit, hard bool) uint64 {
	if hard {
		return r.Max
	}
	return r.Cur
}

func inUnits(v, unit uint64) string {
	if v == unix.RLIM_INFINITY {
		return "unlimited"
	}
	return strconv.FormatUint(v/unit, 10)
}

func limitValue(word string, now unix.Rlimit, unit uint64) (uint64, error) {
	switch word {
	case "unlimited":
		return unix.RLIM_INFINITY, nil
	case "hard":
		return now.Max, nil
	case "soft":
		return now.Cur, nil
	}
	v, err := strconv.ParseUint(word, 10, 64)
	if err != nil || v > unix.RLIM_INFINITY/unit {
		return 0, fmt.Errorf("%s: need a number or unlimited", word)
	}
	return v * unit, nil
}

// umask shows or sets the bits that new files do not get.
func (s *Shell) umask(args []string) int {
	if len(args) > 1 && args[1] != "-S" {
		v, err := strconv.ParseUint(args[1], 8, 32)
		if err != nil || v > 0o777 {
			return s.wrong("umask", "%s: need an octal number", args[1])
		}
		unix.Umask(int(v))
		return 0
	}
	old := unix.Umask(0)
	unix.Umask(old)
	line := fmt.Sprintf("%04o\n", old)
	if len(args) > 1 {
		line = fmt.Sprintf("u=%s,g=%s,o=%s\n", letters(^old>>6), letters(^old>>3), letters(^old))
	}
	return truth(s.say(1, line) == nil)
}

func letters(bits int) string {
	var b strings.Builder
	for i, c := range "rwx" {
		if bits&(4>>i) != 0 {
			b.WriteRune(c)
		}
	}
	return b.String()
}
