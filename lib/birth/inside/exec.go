package inside

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/bare"
	"github.com/gophertainer/gophertainer/lib/plan"
)

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// findProgram resolves the program of the coming OpExec, so that create already
// refuses what start could not run.
func (b *birth) findProgram() bare.Errno {
	s := &b.steps[len(b.steps)-1]
	if s.Op != plan.OpExec {
		return 0
	}
	name, e := b.lookup(s)
	if e != 0 {
		return e
	}
	s.Path = name
	return 0
}

func (b *birth) lookup(s *plan.Step) (string, bare.Errno) {
	name := s.Args[0]
	if strings.Contains(name, "/") {
		return name, b.executable(name)
	}
	dirs := defaultPath
	for _, variable := range s.Env {
		if v, ok := strings.CutPrefix(variable, "PATH="); ok {
			dirs = v
			break
		}
	}
	var refused bare.Errno
	var kept string
	for more := true; more; {
		var dir string
		dir, dirs, more = strings.Cut(dirs, ":")
		full := b.join(dir, name)
		e := b.executable(full)
		if e == 0 {
			return full, 0
		}
		if b.why == plan.WhyNotExec && refused == 0 {
			refused, kept = e, b.keepWords(full, "")
		}
	}
	if refused != 0 {
		b.why, b.note = plan.WhyNotExec, kept
		return "", refused
	}
	b.why, b.note = plan.WhyNotFound, name
	return "", syscall.ENOENT
}

// join is dir/name; what is too long is cut, and not found then.
func (b *birth) join(dir, name string) string {
	if dir == "" {
		dir = "."
	}
	n := copy(b.program[:], dir)
	n += copy(b.program[n:], "/")
	n += copy(b.program[n:], name)
	return bare.Text(b.program[:n])
}

// executable says why a file cannot be executed, as far as its mode tells.
func (b *birth) executable(name string) bare.Errno {
	b.note = name
	var st unix.Stat_t
	if e := bare.Stat(bare.AtCwd, name, &st, 0); e != 0 {
		b.why = plan.WhyErrno
		if e == syscall.ENOENT || e == syscall.ENOTDIR {
			b.why = plan.WhyNotFound
		}
		return e
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		b.why = plan.WhyIsDir
		return syscall.EISDIR
	}
	// faccessat2 judges by the effective ids and capabilities, as exec does.
	if e := bare.Access(bare.AtCwd, name, unix.X_OK, unix.AT_EACCESS); e != 0 {
		b.why = plan.WhyNotExec
		var fs unix.Statfs_t
		if bare.Statfs(name, &fs) == 0 && fs.Flags&unix.ST_NOEXEC != 0 && st.Mode&0o111 != 0 {
			b.why = plan.WhyNoexec
		}
		return e
	}
	b.why, b.note = plan.WhyErrno, ""
	return 0
}

func (b *birth) exec(s *plan.Step) bare.Errno {
	if !b.prepared {
		if e := b.prepare(s); e != 0 {
			return e
		}
	}
	e := bare.Exec(s.Path, b.argv, b.env)
	b.explain(s.Path, e)
	return e
}

// prepare does all that executing the program takes beside execve.
func (b *birth) prepare(s *plan.Step) (e bare.Errno) {
	if s.Path == "" {
		if e := b.findProgram(); e != 0 {
			return e
		}
	}
	if b.argv, e = bare.NewVector(s.Args); e != 0 {
		return e
	}
	if b.env, e = bare.NewVector(s.Env); e != 0 {
		return e
	}
	b.prepared = true
	return b.preserved()
}

// late: the filter is loaded right before the program. It may forbid anything.
func (b *birth) late() bool {
	last := len(b.steps) - 1
	return last > 0 && b.steps[last-1].Op == plan.OpSeccomp
}

// explain reads the head of a program that the kernel did not execute.
func (b *birth) explain(name string, errno bare.Errno) {
	b.note = name
	var page [4096]byte
	head := page[:]
	fd, e := bare.Open(bare.AtCwd, name, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if e != 0 {
		return
	}
	defer bare.Close(fd)
	n, e := bare.Pread(fd, head, 0)
	if e != 0 {
		return
	}
	head = head[:n]
	switch {
	case len(head) > 2 && head[0] == '#' && head[1] == '!':
		b.explainScript(bare.Text(head[2:]), errno)
	case len(head) > 64 && bare.Text(head[:4]) == "\x7fELF":
		b.explainELF(fd, head, errno)
	case errno == syscall.ENOEXEC:
		b.why = plan.WhyFormat
	}
}

// keepWords keeps a note of one or two words that lie in a buffer.
func (b *birth) keepWords(first, second string) string {
	n := copy(b.words[:], first)
	if second != "" {
		n += copy(b.words[n:], " ")
		n += copy(b.words[n:], second)
	}
	return bare.Text(b.words[:n])
}

func (b *birth) explainScript(head string, errno bare.Errno) {
	line, _, _ := strings.Cut(head, "\n")
	if strings.HasSuffix(line, "\r") {
		b.why, b.note = plan.WhyCRLF, b.keepWords(b.note, bare.Trim(line))
		return
	}
	line = bare.Trim(line)
	interpreter := line
	for i := range len(line) {
		if line[i] == ' ' || line[i] == '\t' {
			interpreter = line[:i]
			break
		}
	}
	if errno == syscall.ENOENT || errno == syscall.EACCES {
		b.why, b.note = plan.WhyScript, b.keepWords(interpreter, "")
	}
}

// explainELF: machine is at offset 18 of the header, the interpreter in the
// program header of type PT_INTERP (elf(5)).
func (b *birth) explainELF(fd int, head []byte, errno bare.Errno) {
	machine := uint16(head[18]) | uint16(head[19])<<8
	if errno == syscall.ENOEXEC && machine != nativeMachine {
		b.why, b.note = plan.WhyArch, machineName(machine)
		return
	}
	if errno != syscall.ENOENT || head[4] != 2 {
		return
	}
	at := func(i, n int) (v uint64) {
		for k := range n {
			if i+k < len(head) {
				v |= uint64(head[i+k]) << (8 * k)
			}
		}
		return v
	}
	off, size, count := int(at(32, 8)), int(at(54, 2)), int(at(56, 2))
	for i := range count {
		p := off + i*size
		if p < 0 || p+56 > len(head) || at(p, 4) != 3 {
			continue
		}
		n, e := bare.Pread(fd, b.words[:256], int64(at(p+8, 8)))
		if e == 0 {
			interpreter, _, _ := strings.Cut(bare.Text(b.words[:n]), "\x00")
			b.why, b.note = plan.WhyELF, interpreter
		}
		return
	}
}

func machineName(m uint16) string {
	switch m {
	case 3:
		return "386"
	case 40:
		return "arm"
	case 62:
		return "amd64"
	case 183:
		return "arm64"
	case 243:
		return "riscv64"
	case 21:
		return "ppc64"
	case 22:
		return "s390x"
	case 8:
		return "mips"
	}
	return "unknown"
}
