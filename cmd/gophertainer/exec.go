package main

import "syscall"

// arguments reads the command line from the kernel: package os would give it
// too, for half a millisecond more at every call of an engine, and raises the
// limit of open files besides.
func arguments() ([]string, error) {
	fd, err := syscall.Open("/proc/self/cmdline", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer syscall.Close(fd)
	text := make([]byte, 0, 4096)
	for {
		if len(text) == cap(text) {
			text = append(text, 0)[:len(text)]
		}
		n, err := syscall.Read(fd, text[len(text):cap(text)])
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return split(text), nil
		}
		text = text[:len(text)+n]
	}
}

// split cuts at the NUL that ends each argument and drops the program's name.
func split(text []byte) []string {
	var args []string
	start := 0
	for i, c := range text {
		if c == 0 {
			args = append(args, string(text[start:i]))
			start = i + 1
		}
	}
	if len(args) == 0 {
		return nil
	}
	return args[1:]
}

// become replaces this program by the tool beside it. It returns only to say
// why it did not.
func become(tool string, args []string) string {
	self, err := executable()
	if err != nil {
		return "read /proc/self/exe: " + err.Error()
	}
	slash := len(self)
	for slash > 0 && self[slash-1] != '/' {
		slash--
	}
	path := self[:slash] + tool
	err = syscall.Exec(path, append([]string{tool}, args...), syscall.Environ())
	if err == syscall.ENOENT && syscall.Access(path, 0) != nil {
		return tool + " is not installed beside " + self
	}
	return "execute " + path + ": " + err.Error()
}

func executable() (string, error) {
	buf := make([]byte, syscall.PathMax)
	n, err := syscall.Readlink("/proc/self/exe", buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}
