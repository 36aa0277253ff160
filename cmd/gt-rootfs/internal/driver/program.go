package driver

import (
	"context"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// trusted is where programs of the host are looked for, never $PATH and never a
// root file system.
var trusted = []string{"/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"}

func program(name string) (string, error) {
	for _, dir := range trusted {
		if path := dir + "/" + name; unix.Access(path, unix.X_OK) == nil {
			return path, nil
		}
	}
	return "", fail.New(fail.CodeHost, "the host has no %s", name)
}

// run runs a program of the host with an empty environment.
func run(ctx context.Context, name string, args ...string) error {
	path, err := program(name)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{"PATH=" + strings.Join(trusted, ":"), "LC_ALL=C"}
	cmd.Dir = "/"
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		text := strings.Join(strings.Fields(string(out)), " ")
		return fail.New(fail.CodeHost, "run %s: %w: %.500s", path, err, text)
	}
	return nil
}
