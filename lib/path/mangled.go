package path

import "strings"

// Unmangle undoes what the kernel does to blanks, backslashes and `#` in the
// paths of /proc/PID/mounts and mountinfo: three octal digits behind a
// backslash (proc_pid_mountinfo(5)).
func Unmangle(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if c, ok := octal(s[i+1 : i+4]); ok {
				b = append(b, c)
				i += 3
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// octal reads a byte of three digits.
func octal(s string) (byte, bool) {
	n := 0
	for _, d := range []byte(s) {
		if d < '0' || d > '7' {
			return 0, false
		}
		n = n*8 + int(d-'0')
	}
	return byte(n), n < 256
}
