// Package sibling starts the tools that stand beside the running binary. They
// are never looked for in $PATH, which belongs to whoever calls.
package sibling

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// Self is the path of the running binary.
func Self() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find own executable: %w", err)
	}
	return self, nil
}

// Path is where a tool has to be. It is refused if nothing executable is there.
func Path(tool string) (string, error) {
	self, err := Self()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(self), tool)
	if err := unix.Access(path, unix.X_OK); err != nil {
		if errors.Is(err, unix.ENOENT) {
			return "", fail.New(fail.CodeHost, "%s is not installed beside %s", tool, self)
		}
		return "", fail.New(fail.CodeHost, "execute %s: %w", path, err)
	}
	return path, nil
}

// Output runs a tool to its end and returns its stdout. What it says on stderr
// is shown if it succeeds, and is the error if it does not. When ctx ends, the
// tool gets SIGTERM, so that it can undo what it has done.
func Output(ctx context.Context, tool string, args ...string) ([]byte, error) {
	path, err := Path(tool)
	if err != nil {
		return nil, err
	}
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(ctx, path, args...)
	c.Args[0] = tool
	c.Cancel = func() error { return c.Process.Signal(unix.SIGTERM) }
	// A ^C reaches the tool by way of ctx alone, so that it is known why the tool ended.
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Stdout, c.Stderr = &stdout, &stderr
	err = run(c)
	if err == nil {
		_, err = os.Stderr.Write(stderr.Bytes())
		return stdout.Bytes(), err
	}
	if said := strings.TrimSpace(stderr.String()); said != "" {
		return nil, errors.New(strings.TrimPrefix(said, "gt-run: "))
	}
	return nil, fmt.Errorf("%s: %w", tool, err)
}

func run(c *exec.Cmd) error {
	err := func() error {
		defer sys.PlainSlack()()
		return c.Start()
	}()
	if err != nil {
		return err
	}
	return c.Wait()
}

// IsAbsent reads gt-oci's answer about a container.
func IsAbsent(err error) bool {
	return err != nil && strings.Contains(err.Error(), "does not exist")
}
