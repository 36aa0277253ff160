package shell

import (
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/gophertainer/gophertainer/cmd/gt-box/internal/sig"
)

// condition is the name that traps are kept by.
func condition(word string) string {
	if word == "0" || strings.EqualFold(word, "EXIT") {
		return "EXIT"
	}
	n := sig.Number(word)
	if n <= 0 {
		return ""
	}
	return sig.Name(n)
}

// trap sets, resets or lists what happens on a signal or at the end.
func (s *Shell) trap(args []string) int {
	args = args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		var b strings.Builder
		for _, name := range slices.Sorted(maps.Keys(s.traps)) {
			b.WriteString("trap -- " + quote(s.traps[name]) + " " + name + "\n")
		}
		return truth(s.say(1, b.String()) == nil)
	}
	action, names := args[0], args[1:]
	if len(names) == 0 || sig.Number(action) > 0 {
		action, names = "-", args
	}
	for _, word := range names {
		name := condition(word)
		if name == "" {
			return s.wrong("trap", "%s: no such signal", word)
		}
		s.setTrap(name, action)
	}
	return 0
}

func (s *Shell) setTrap(name, action string) {
	if action == "-" {
		delete(s.traps, name)
	} else {
		s.traps[name] = action
	}
	n := sig.Number(name)
	if n <= 0 || n == syscall.SIGKILL || n == syscall.SIGSTOP {
		return
	}
	switch action {
	case "-":
		signal.Reset(n)
		GuardInit()
	case "":
		signal.Ignore(n)
	default:
		if s.pending == nil {
			s.pending = make(chan os.Signal, 64)
		}
		signal.Notify(s.pending, n)
	}
}

// runTraps runs the actions of the signals that came.
func (s *Shell) runTraps() {
	if s.pending == nil || s.inTrap {
		return
	}
	for {
		select {
		case got := <-s.pending:
			s.runTrap(got.(syscall.Signal))
		default:
			return
		}
	}
}

func (s *Shell) runTrap(n syscall.Signal) {
	action := s.traps[sig.Name(n)]
	if action == "" || s.flow == flowExit {
		return
	}
	status, tested, fds := s.status, s.tested, s.fds
	s.inTrap, s.tested = true, 0
	s.runText(action)
	s.inTrap, s.tested, s.fds = false, tested, fds
	if s.flow != flowExit {
		s.status = status
	}
}

// ignoreKeys keeps the terminal's signals from ending an interactive shell.
// They are caught, not ignored, so that commands get the default action.
func (s *Shell) ignoreKeys() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTSTP, syscall.SIGTERM)
}

// GuardInit makes PID 1 of a container behave as the kernel has it for
// programs without signal handlers: signals from the container do nothing. The
// Go runtime installs handlers for all of them, and would exit.
func GuardInit() {
	if os.Getpid() != 1 {
		return
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT,
		syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM)
}
