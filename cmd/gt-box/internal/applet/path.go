package applet

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// basename path [suffix]
func basename(args []string) int {
	if len(args) < 2 {
		return misuse(args, "usage: basename path [suffix]")
	}
	name := path.Base(args[1])
	if len(args) > 2 && name != args[2] {
		name = strings.TrimSuffix(name, args[2])
	}
	fmt.Fprintln(out, name)
	return 0
}

// dirname path…
func dirname(args []string) int {
	if len(args) < 2 {
		return misuse(args, "usage: dirname path…")
	}
	for _, p := range args[1:] {
		trimmed := strings.TrimRight(p, "/")
		if trimmed == "" && p != "" {
			trimmed = "/"
		}
		fmt.Fprintln(out, path.Dir(trimmed))
	}
	return 0
}

// readlink [-fen] path…
func readlink(args []string) int {
	f, names, err := options(args, "fen")
	if err != nil || len(names) == 0 {
		return misuse(args, "usage: readlink [-fen] path…")
	}
	status := 0
	for _, name := range names {
		to, err := os.Readlink(name)
		if f.has('f') || f.has('e') {
			to, err = canonical(name, f.has('f'))
		}
		if err != nil {
			status = 1
			continue
		}
		fmt.Fprint(out, to)
		if !f.has('n') {
			fmt.Fprintln(out)
		}
	}
	return status
}

// canonical is the path without links; its last part may be missing if may.
func canonical(name string, may bool) (string, error) {
	full, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	to, err := filepath.EvalSymlinks(full)
	if !os.IsNotExist(err) || !may {
		return to, err
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(full))
	return filepath.Join(dir, filepath.Base(full)), err
}

// which name…
func which(args []string) int {
	status := 0
	for _, name := range args[1:] {
		p, err := exec.LookPath(name)
		if err != nil {
			status = 1
			continue
		}
		fmt.Fprintln(out, p)
	}
	return status
}

// pwd prints the directory as the kernel names it.
func pwd(args []string) int {
	dir, err := os.Getwd()
	if err != nil {
		return fail(args, "%s", why(err))
	}
	fmt.Fprintln(out, dir)
	return 0
}
