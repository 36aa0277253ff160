package tool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// arity checks the number of positionals against "A B [C]"; a last word with
// three dots takes any number.
func arity(args string, have int) error {
	need, most := 0, 0
	for _, w := range strings.Fields(args) {
		most++
		if w[0] != '[' {
			need++
		}
		if strings.Contains(w, "...") {
			most = 1 << 30
		}
	}
	noun := " arguments"
	if have == 1 {
		noun = " argument"
	}
	switch {
	case have < need && have == 0:
		return fail.Usage("have nothing, need %s", args)
	case have < need:
		return fail.Usage("have %d%s, need %s", have, noun, args)
	case have > most && most == 0:
		return fail.Usage("have %d%s, need none", have, noun)
	case have > most:
		return fail.Usage("have %d%s, need %s", have, noun, args)
	}
	return nil
}

// settleRoot makes Root absolute, the default if none was given.
func (c *Call) settleRoot() error {
	if c.Root == "" {
		c.Root = os.Getenv("GOPHERTAINER_ROOT")
	}
	if c.Root == "" {
		c.Root = DefaultRoot()
	}
	var err error
	if !filepath.IsAbs(c.Root) {
		c.Root, err = filepath.Abs(c.Root)
	}
	return err
}

// DefaultRoot is the state directory if none is named: the machine's, or the
// user's. Who has no session, as after su, has his beside his data.
func DefaultRoot() string {
	if !users() {
		return "/run/oci-runtime"
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return dir + "/oci-runtime"
	}
	dir := "/run/user/" + strconv.Itoa(os.Getuid())
	if _, err := os.Stat(dir); err == nil {
		return dir + "/oci-runtime"
	}
	if data := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(data) {
		return data + "/gophertainer/oci-runtime"
	}
	if home := os.Getenv("HOME"); filepath.IsAbs(home) {
		return home + "/.local/share/gophertainer/oci-runtime"
	}
	return dir + "/oci-runtime"
}

// users tells whether the state is a user's and not the machine's: no root, or
// the root of a user namespace in which an engine acts for a user, as rootless
// Podman does. Where /run is the namespace's own, USER=root says so.
func users() bool {
	if os.Geteuid() != 0 {
		return true
	}
	if os.Getenv("XDG_RUNTIME_DIR") == "" || os.Getenv("USER") == "root" {
		return false
	}
	text, err := os.ReadFile("/proc/self/uid_map")
	return err == nil && strings.Join(strings.Fields(string(text)), " ") != "0 0 4294967295"
}

func (p *Program) printVersion(c *Call) error {
	text := p.Name + " version " + Version + "\n"
	if Commit != "" {
		text += "commit: " + Commit + "\n"
	}
	if p.VersionText != nil {
		text = p.VersionText()
	}
	return c.Print([]byte(text))
}

// Print writes to stdout; a write that is refused is a failure. A reader that
// has gone ends the process by SIGPIPE.
func (c *Call) Print(b []byte) error {
	_, err := c.Stdout.Write(b)
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	if err != nil {
		return &fail.Error{Op: "write stdout", Cause: err}
	}
	return nil
}
