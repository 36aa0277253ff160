package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/config"
	"github.com/gophertainer/gophertainer/lib/spec"
)

// dryRun prints what run would do. A root that is not there yet has no users
// to look up, and no config.json of gt-rootfs: a name stays a name, and the
// mounts and masks that gt-rootfs adds are not shown.
func dryRun(o *options, w *wish) error {
	dir, err := bundle.Dir()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, w.id)
	var b strings.Builder
	fmt.Fprintf(&b, "# bundle %s\n", path)
	if w.source.kind != kindDir {
		b.WriteString(shell("gt-rootfs", unpackArgs(w, path)))
	}
	if o.Seccomp == nil {
		b.WriteString(shell("gt-seccomp", defaultProfile(w.Capabilities)))
	}
	b.WriteString(shell(o.parent(), ociArgs(o, w, w.root, path)))
	if w.user != nil {
		if err := w.preview(); err != nil {
			return err
		}
	}
	text, err := config.Edit(spec.Default(), &w.Ask)
	if err != nil {
		return err
	}
	fmt.Fprintf(&b, "# config.json\n%s", text)
	_, err = fmt.Print(b.String())
	return err
}

// preview looks a user up if the root is there.
func (w *wish) preview() error {
	if w.Root != "" {
		return w.become(w.Root)
	}
	w.Username = w.user.String()
	return nil
}

// shell is a command line that a shell reads back as the same words.
func shell(tool string, args []string) string {
	line := tool
	for _, a := range args {
		if a == "" || strings.Trim(a, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,/:@%") != "" {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		line += " " + a
	}
	return line + "\n"
}
