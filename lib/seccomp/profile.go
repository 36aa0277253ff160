package seccomp

import (
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// appendJSON writes the profile as the spec has it, for gt-seccomp; the members
// that the compiler does not look at stay away.
func appendJSON(b []byte, s *specs.LinuxSeccomp) []byte {
	b = appendQuoted(append(b, `{"defaultAction":`...), string(s.DefaultAction))
	b = appendNumber(b, `,"defaultErrnoRet":`, s.DefaultErrnoRet)
	b = append(b, `,"architectures":`...)
	b = appendList(b, words(s.Architectures))
	b = append(b, `,"syscalls":[`...)
	for i := range s.Syscalls {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendRule(b, &s.Syscalls[i])
	}
	return append(b, "]}"...)
}

func appendRule(b []byte, r *specs.LinuxSyscall) []byte {
	b = appendList(append(b, `{"names":`...), r.Names)
	b = appendQuoted(append(b, `,"action":`...), string(r.Action))
	b = appendNumber(b, `,"errnoRet":`, r.ErrnoRet)
	b = append(b, `,"args":[`...)
	for i, a := range r.Args {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(append(b, `{"index":`...), uint64(a.Index), 10)
		b = strconv.AppendUint(append(b, `,"value":`...), a.Value, 10)
		b = strconv.AppendUint(append(b, `,"valueTwo":`...), a.ValueTwo, 10)
		b = appendQuoted(append(b, `,"op":`...), string(a.Op))
		b = append(b, '}')
	}
	return append(b, "]}"...)
}

func appendNumber(b []byte, lead string, v *uint) []byte {
	if v == nil {
		return b
	}
	return strconv.AppendUint(append(b, lead...), uint64(*v), 10)
}

func appendList(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(b, s)
	}
	return append(b, ']')
}

// appendQuoted writes a JSON string (RFC 8259, section 7).
func appendQuoted(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
