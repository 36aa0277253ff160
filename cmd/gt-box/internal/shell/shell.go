// Package shell is a small POSIX shell. The grammar and the expansion of words
// come from mvdan.cc/sh; running them is done here with real processes: every
// subshell is a process with its own pid, working directory, umask and limits,
// and every descriptor a script opens is one the kernel knows.
//
// Go cannot fork, so a subshell is this program executed again with the state
// of the shell and the text to run in a memory file; see subshell.go.
package shell

import (
	"os"
	"syscall"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// Applets tells the shell which names this program answers to itself.
type Applets struct {
	// Has says that name is an applet: it runs even where no file of that name is.
	Has func(name string) bool
	// Pure runs an applet that only prints (echo, printf, test, [): what goes to
	// stdout, what goes to stderr, and the status.
	Pure func(args []string) (out, complaint string, status int)
}

// A flow says why a list of commands stops before its end.
type flow int

const (
	flowNone flow = iota
	flowBreak
	flowContinue
	flowReturn
	flowExit
)

type options struct {
	errExit, noUnset, trace, noGlob, noExec, noClobber, pipeFail, verbose, allExport bool
	interactive                                                                      bool
}

// Shell is one shell's state. The working directory, umask and limits are the
// process's own.
type Shell struct {
	applets Applets
	name    string   // $0
	params  []string // $1 and up
	vars    map[string]expand.Variable
	foreign []string // environment entries whose name no variable can have
	scopes  []map[string]expand.Variable
	funcs   map[string]*syntax.FuncDecl
	opts    options
	pid     int // $$: the first shell's pid, in subshells too
	status  int // $?
	subst   int // status of the last command substitution, -1 if none
	last    int // $!, 0 if none
	fds     table
	keep    bool // exec asked that the redirections of this command stay
	flow    flow
	levels  int  // loops that break or continue still has to leave
	loops   int  // loops around this command
	tested  int  // > 0: a condition is run, -e does not apply
	tail    bool // nothing follows the command: it may replace the shell
	jobs    map[int]*job
	traps   map[string]string
	pending chan os.Signal
	inTrap  bool
	depth   int // function calls and sourced files around this command
	optInd  int // getopts: the word it is at …
	optPos  int // … and the letter in it
}

// New makes a shell whose $0 is name.
func New(name string, a Applets) *Shell {
	s := &Shell{
		applets: a, name: name, pid: syscall.Getpid(), subst: -1,
		vars: map[string]expand.Variable{}, funcs: map[string]*syntax.FuncDecl{},
		jobs: map[int]*job{}, traps: map[string]string{}, fds: table{},
	}
	s.importEnv()
	return s
}

// Main runs the shell as a program and returns its exit status. args[0] is the
// name it was called by.
func Main(args []string, a Applets) int {
	s := New(args[0], a)
	if len(args) > 1 {
		if fd, ok := resumeFd(args[1]); ok {
			return s.resume(fd)
		}
	}
	p, err := s.usage(args[1:])
	if err != nil {
		s.complain("%s", err)
		return 2
	}
	switch {
	case p.command:
		s.tail = true
		s.runText(p.text)
	case p.file != "":
		text, err := os.ReadFile(p.file)
		if err != nil {
			s.complain("open %s: %s", p.file, reason(err))
			return 127
		}
		s.runText(string(text))
	default:
		s.runStdin()
	}
	return s.finish()
}

// finish runs the EXIT trap and returns the exit status.
func (s *Shell) finish() int {
	s.flow = flowNone
	s.runTraps()
	if action, ok := s.traps["EXIT"]; ok {
		delete(s.traps, "EXIT")
		status := s.status
		s.flow, s.tail = flowNone, false
		s.runText(action)
		if s.flow != flowExit {
			s.status = status
		}
	}
	return s.status
}

type program struct {
	command bool
	text    string
	file    string
}

// usage reads the shell's own command line.
func (s *Shell) usage(args []string) (program, error) {
	var p program
	var stdin bool
	i := 0
	for ; i < len(args); i++ {
		a := args[i]
		if a == "--" || a == "-" {
			i++
			break
		}
		if len(a) < 2 || a[0] != '-' && a[0] != '+' {
			break
		}
		on := a[0] == '-'
		for _, c := range a[1:] {
			switch c {
			case 'c':
				p.command = true
			case 's':
				stdin = true
			case 'l':
			case 'o':
				if i++; i >= len(args) {
					return p, errNeedsWord
				}
				if err := s.setLong(args[i], on); err != nil {
					return p, err
				}
			default:
				if err := s.setShort(c, on); err != nil {
					return p, err
				}
			}
		}
	}
	rest := args[i:]
	if p.command {
		if len(rest) == 0 {
			return p, errNeedsCommand
		}
		p.text, rest = rest[0], rest[1:]
		if len(rest) > 0 {
			s.name, rest = rest[0], rest[1:]
		}
	} else if len(rest) > 0 && !stdin {
		p.file, s.name, rest = rest[0], rest[0], rest[1:]
	}
	s.params = rest
	return p, nil
}
