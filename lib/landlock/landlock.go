// Package landlock reads the annotation org.gophertainer.landlock: what the
// program of a container, and all that it starts, may still do with files, TCP
// ports and processes outside (landlock(7)).
//
//	{
//	  "paths": {"/": ["read", "execute"], "/tmp": ["read", "write"]},
//	  "bind": [8080], "connect": [],
//	  "scope": ["signal", "abstract_unix_socket"],
//	  "abi": 5
//	}
//
// A member that is absent restricts nothing, one that is there and empty forbids
// all. With paths every right that the ABI knows is denied but where it is
// given; ABI 1 and 2 know less than 3, which is taken if none is said.
package landlock

import (
	"path"
	"sort"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
)

// Annotation is the name.
const Annotation = "org.gophertainer.landlock"

// Member is its JSON pointer.
const Member = "/annotations/" + Annotation

// Rules are what the annotation says.
type Rules struct {
	Files  uint64 // LANDLOCK_ACCESS_FS bits that are denied but where a Path gives them
	Net    uint64 // LANDLOCK_ACCESS_NET bits that are denied but for a Port
	Scope  uint64 // LANDLOCK_SCOPE bits
	Paths  []Path // by name
	Ports  []Port
	ABI    int  // what of the kernel they need, from 1
	abi    int  // what was said
	scoped bool // scope was said
}

// Path is what is given below one path.
type Path struct {
	Name   string
	Rights uint64
}

// Port is what is given for one TCP port.
type Port struct {
	Number uint16
	Right  uint64
	Member string // JSON pointer within the annotation
}

// Parse reads the annotation; without it there are no rules (nil). An error
// names the place within it.
func Parse(annotations map[string]string) (*Rules, error) {
	text, ok := annotations[Annotation]
	if !ok {
		return nil, nil //nolint:nilnil // no rules are no failure
	}
	r := &Rules{}
	if err := r.read(json.NewReader([]byte(text))); err != nil {
		return nil, fail.Spec(Member, "%w", err)
	}
	if r.Files|r.Net == 0 && !r.scoped {
		return nil, fail.Spec(Member, "have no rule, need paths, bind, connect or scope")
	}
	r.settle()
	return r, nil
}

func (r *Rules) read(text *json.Reader) error {
	var wrong error
	text.Object(func(name string) {
		if wrong != nil {
			return
		}
		switch name {
		case "paths":
			wrong = r.readPaths(text)
		case "bind":
			wrong = r.readPorts(text, name, unix.LANDLOCK_ACCESS_NET_BIND_TCP)
		case "connect":
			wrong = r.readPorts(text, name, unix.LANDLOCK_ACCESS_NET_CONNECT_TCP)
		case "scope":
			wrong = r.readScope(text)
		case "abi":
			r.abi = int(text.Int(32))
			if r.abi < 1 && text.Err() == nil {
				wrong = fail.New("", "/abi: have %d, need 1 or more", r.abi)
			}
		default:
			wrong = fail.New("", "/%s: unknown member, need paths, bind, connect, scope or abi", json.Word(name))
		}
	})
	if err := text.End(); err != nil && wrong == nil {
		return err
	}
	return wrong
}

func (r *Rules) readPaths(text *json.Reader) error {
	var wrong error
	r.Files = Rights(3)
	text.Object(func(name string) {
		at := "/paths/" + json.Word(name)
		p := Path{Name: path.Clean(name)}
		for _, have := range r.Paths {
			if have.Name == p.Name && wrong == nil {
				wrong = fail.New("", "%s: have the path twice, need it once", at)
			}
		}
		if wrong == nil && (!path.IsAbs(name) || strings.Contains(name, "\x00")) {
			wrong = fail.New("", "%s: have a relative path, need an absolute one", at)
		}
		text.Array(func(int) {
			word := text.String()
			rights, ok := rightsOf(word)
			if !ok && wrong == nil && text.Err() == nil {
				wrong = fail.New("", "%s: unknown right %q, need read, write, execute or one of %s", at, word, strings.Join(words(), ", "))
			}
			p.Rights |= rights
			if word == "ioctl_dev" {
				r.abi = max(r.abi, 5)
			}
		})
		r.Paths = append(r.Paths, p)
	})
	sort.Slice(r.Paths, func(i, j int) bool { return r.Paths[i].Name < r.Paths[j].Name })
	return wrong
}

func (r *Rules) readPorts(text *json.Reader, name string, right uint64) error {
	var wrong error
	r.Net |= right
	text.Array(func(i int) {
		n := text.Int(64)
		at := "/" + name + "/" + strconv.Itoa(i)
		if (n < 0 || n > 65535) && wrong == nil {
			wrong = fail.New("", "%s: have %d, need a port from 0 to 65535", at, n)
		}
		r.Ports = append(r.Ports, Port{uint16(n), right, at})
	})
	return wrong
}

func (r *Rules) readScope(text *json.Reader) error {
	var wrong error
	r.scoped = true
	text.Array(func(i int) {
		switch word := text.String(); word {
		case "abstract_unix_socket":
			r.Scope |= unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
		case "signal":
			r.Scope |= unix.LANDLOCK_SCOPE_SIGNAL
		default:
			if wrong == nil && text.Err() == nil {
				wrong = fail.New("", "/scope/%d: unknown scope %q, need abstract_unix_socket or signal", i, word)
			}
		}
	})
	return wrong
}

// settle finds the ABI that is needed. The same rules mean the same on every
// kernel: one that cannot carry them out is refused, none is left out.
func (r *Rules) settle() {
	r.ABI = 1
	switch {
	case r.scoped:
		r.ABI = 6
	case r.Net != 0:
		r.ABI = 4
	case r.Files != 0 && r.abi == 0:
		r.ABI = 3
	}
	r.ABI = max(r.ABI, r.abi)
	if r.Files == 0 {
		return
	}
	r.Files = Rights(r.ABI)
	for i := range r.Paths {
		r.Paths[i].Rights &= r.Files
	}
}

// Host refuses rules that the running kernel cannot carry out.
func (r *Rules) Host() error {
	have := Version()
	if have >= r.ABI {
		return nil
	}
	what := "Landlock ABI " + strconv.Itoa(have)
	if have == 0 {
		what = "no Landlock"
	}
	e := fail.Spec(Member, "have %s, need ABI %d (Linux %s)", what, r.ABI, since(r.ABI))
	e.Code = fail.CodeKernel
	return e
}

// Version is the ABI of the running kernel, 0 if it has no Landlock or it is
// switched off.
func Version() int {
	n, _, errno := syscall.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(n)
}
