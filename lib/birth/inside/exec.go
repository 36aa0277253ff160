package inside

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/sys"
)

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// findProgram resolves the program of the coming OpExec, so that create already
// refuses what start could not run.
func (b *birth) findProgram() error {
	s := &b.steps[len(b.steps)-1]
	if s.Op != plan.OpExec {
		return nil
	}
	name, err := b.lookup(s)
	if err != nil {
		return err
	}
	s.Path = name
	return nil
}

func (b *birth) lookup(s *plan.Step) (string, error) {
	name := s.Args[0]
	if strings.Contains(name, "/") {
		return name, b.executable(name)
	}
	dirs := defaultPath
	for _, e := range s.Env {
		if v, ok := strings.CutPrefix(e, "PATH="); ok {
			dirs = v
			break
		}
	}
	var refused error
	for _, dir := range strings.Split(dirs, ":") {
		if dir == "" {
			dir = "."
		}
		full := dir + "/" + name
		err := b.executable(full)
		if err == nil {
			return full, nil
		}
		if b.why == plan.WhyNotExec && refused == nil {
			refused = err
		}
	}
	if refused != nil {
		b.why = plan.WhyNotExec
		return "", refused
	}
	b.why, b.note = plan.WhyNotFound, name
	return "", syscall.ENOENT
}

// executable says why a file cannot be executed, as far as its mode tells.
func (b *birth) executable(name string) error {
	b.note = name
	var st unix.Stat_t
	if err := unix.Stat(name, &st); err != nil {
		b.why = plan.WhyErrno
		if err == unix.ENOENT || err == unix.ENOTDIR {
			b.why = plan.WhyNotFound
		}
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		b.why = plan.WhyIsDir
		return syscall.EISDIR
	}
	// faccessat2 judges by the effective ids and capabilities, as exec does.
	if err := unix.Faccessat2(unix.AT_FDCWD, name, unix.X_OK, unix.AT_EACCESS); err != nil {
		b.why = plan.WhyNotExec
		var fs unix.Statfs_t
		if unix.Statfs(name, &fs) == nil && fs.Flags&unix.ST_NOEXEC != 0 && st.Mode&0o111 != 0 {
			b.why = plan.WhyNoexec
		}
		return err
	}
	b.why, b.note = plan.WhyErrno, ""
	return nil
}

func (b *birth) exec(s *plan.Step) error {
	if s.Path == "" {
		if err := b.findProgram(); err != nil {
			return err
		}
	}
	// All descriptors above the program's vanish with exec, also ones that
	// came from a parent that forgot the flag (CVE-2024-21626).
	if err := unix.CloseRange(uint(b.keep), 0x7fffffff, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return err
	}
	errno := sys.Exec(s.Path, s.Args, s.Env)
	b.explain(s.Path, errno)
	return errno
}

// explain reads the head of a program that the kernel did not execute.
func (b *birth) explain(name string, errno syscall.Errno) {
	b.note = name
	head := make([]byte, 4096)
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	n, err := unix.Pread(fd, head, 0)
	if err != nil {
		return
	}
	head = head[:n]
	switch {
	case len(head) > 2 && head[0] == '#' && head[1] == '!':
		b.explainScript(string(head[2:]), errno)
	case len(head) > 64 && string(head[:4]) == "\x7fELF":
		b.explainELF(fd, head, errno)
	case errno == syscall.ENOEXEC:
		b.why = plan.WhyFormat
	}
}

func (b *birth) explainScript(head string, errno syscall.Errno) {
	line, _, _ := strings.Cut(head, "\n")
	if strings.HasSuffix(line, "\r") {
		b.why, b.note = plan.WhyCRLF, b.note+" "+strings.TrimSpace(line)
		return
	}
	line = strings.Trim(line, " \t")
	interpreter := line
	if i := strings.IndexAny(line, " \t"); i >= 0 {
		interpreter = line[:i]
	}
	if errno == syscall.ENOENT || errno == syscall.EACCES {
		b.why, b.note = plan.WhyScript, interpreter
	}
}

// explainELF: machine is at offset 18 of the header, the interpreter in the
// program header of type PT_INTERP (elf(5)).
func (b *birth) explainELF(fd int, head []byte, errno syscall.Errno) {
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
		name := make([]byte, 256)
		n, err := unix.Pread(fd, name, int64(at(p+8, 8)))
		if err == nil {
			interpreter, _, _ := strings.Cut(string(name[:n]), "\x00")
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
