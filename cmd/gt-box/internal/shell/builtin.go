package shell

import (
	"fmt"
	"strconv"
	"strings"
)

type builtinFunc func(*Shell, []string) int

// builtin is the command that has to run inside the shell, or nil.
func builtin(name string) builtinFunc {
	switch name {
	case ":", "true":
		return func(*Shell, []string) int { return 0 }
	case "false":
		return func(*Shell, []string) int { return 1 }
	case "exit", "return", "break", "continue":
		return (*Shell).leave
	case "cd":
		return (*Shell).cd
	case "set":
		return (*Shell).set
	case "unset":
		return (*Shell).unsetAll
	case "export", "readonly", "local":
		return (*Shell).declareArgs
	case "shift":
		return (*Shell).shift
	case "read":
		return (*Shell).read
	case "getopts":
		return (*Shell).getopts
	case "eval":
		return (*Shell).eval
	case ".", "source":
		return (*Shell).dot
	case "exec":
		return (*Shell).exec
	case "command":
		return (*Shell).commandWord
	case "type":
		return (*Shell).typeOf
	case "trap":
		return (*Shell).trap
	case "wait":
		return (*Shell).wait
	case "kill":
		return (*Shell).kill
	case "jobs":
		return (*Shell).listJobs
	case "umask":
		return (*Shell).umask
	case "ulimit":
		return (*Shell).ulimit
	case "times":
		return (*Shell).times
	}
	return nil
}

// wrong reports a builtin's wrong use.
func (s *Shell) wrong(name, format string, args ...any) int {
	s.complain("%s: %s", name, fmt.Sprintf(format, args...))
	return 2
}

// leave is exit, return, break and continue.
func (s *Shell) leave(args []string) int {
	n, given := s.status, len(args) > 1
	if given {
		v, err := strconv.Atoi(args[1])
		if err != nil || v < 0 {
			s.flow = flowExit
			return s.wrong(args[0], "%s: need a number", args[1])
		}
		n = v
	}
	switch args[0] {
	case "exit":
		s.flow = flowExit
	case "return":
		if s.flow = flowReturn; s.depth == 0 {
			s.flow = flowExit
		}
	default:
		return s.leaveLoops(args[0], n, given)
	}
	return n & 0xff
}

func (s *Shell) leaveLoops(name string, n int, given bool) int {
	if !given {
		n = 1
	}
	if n == 0 {
		return s.wrong(name, "0: need a number above 0")
	}
	if s.loops == 0 {
		return 0
	}
	s.levels = min(n, s.loops)
	s.flow = flowBreak
	if name == "continue" {
		s.flow = flowContinue
	}
	return 0
}

func (s *Shell) shift(args []string) int {
	n := 1
	if len(args) > 1 {
		v, err := strconv.Atoi(args[1])
		if err != nil || v < 0 {
			return s.wrong("shift", "%s: need a number", args[1])
		}
		n = v
	}
	if n > len(s.params) {
		return s.wrong("shift", "%d: only %d arguments", n, len(s.params))
	}
	s.params = s.params[n:]
	return 0
}

func (s *Shell) eval(args []string) int {
	s.status = 0
	s.runText(strings.Join(args[1:], " "))
	return s.status
}

// exec replaces the shell, or makes the redirections of the command last.
func (s *Shell) exec(args []string) int {
	if len(args) > 1 && args[1] == "--" {
		args = args[1:]
	}
	if len(args) == 1 {
		s.keep = true
		return 0
	}
	status := s.replace(args[1:], s.environ(nil))
	if !s.opts.interactive {
		s.flow = flowExit
	}
	return status
}

// commandWord is `command [-v|-V] name [arg…]`: functions do not count.
func (s *Shell) commandWord(args []string) int {
	args = args[1:]
	describe := ""
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		switch args[0] {
		case "-v", "-V":
			describe = args[0]
		case "-p", "--":
		default:
			return s.wrong("command", "no such option: %s", args[0])
		}
		args = args[1:]
	}
	if len(args) == 0 {
		return 0
	}
	if describe != "" {
		return s.describe(args, describe == "-V")
	}
	if f, ok := s.funcs[args[0]]; ok {
		delete(s.funcs, args[0])
		defer func() { s.funcs[args[0]] = f }()
	}
	s.invoke(nil, args)
	return s.status
}

func (s *Shell) typeOf(args []string) int { return s.describe(args[1:], true) }

// describe says what each name is; the status tells if one is nothing.
func (s *Shell) describe(names []string, long bool) int {
	status := 0
	for _, name := range names {
		short, words := name, ""
		switch {
		case s.funcs[name] != nil:
			words = "is a shell function"
		case builtin(name) != nil || isPure(name):
			words = "is a shell builtin"
		default:
			path, _ := s.search(name)
			if path == "" || strings.Contains(name, "/") && !executable(name) {
				status = statusNotFound
				if long {
					s.complain("%s: not found", name)
				}
				continue
			}
			short, words = path, "is "+path
		}
		line := short
		if long {
			line = name + " " + words
		}
		if s.say(1, line+"\n") != nil {
			return 1
		}
	}
	return status
}
