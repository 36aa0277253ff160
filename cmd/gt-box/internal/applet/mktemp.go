package applet

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// mktemp [-d] [-p dir] [template]: the template's Xs at the end become random.
func mktemp(args []string) int {
	f, rest, err := options(args, "dp:tqu")
	if err != nil || len(rest) > 1 || f.has('u') {
		return misuse(args, "usage: mktemp [-d] [-p dir] [template]")
	}
	dir := f.value('p', os.Getenv("TMPDIR"))
	if dir == "" {
		dir = "/tmp"
	}
	template := "tmp.XXXXXX"
	if len(rest) > 0 {
		template = rest[0]
		if !f.has('t') && !f.has('p') {
			dir = filepath.Dir(template)
		}
	}
	prefix := strings.TrimRight(filepath.Base(template), "X")
	if len(filepath.Base(template))-len(prefix) < 3 {
		return misuse(args, "%s: need three X at the end", template)
	}
	name := ""
	if f.has('d') {
		name, err = os.MkdirTemp(dir, prefix+"*")
	} else {
		var file *os.File
		if file, err = os.CreateTemp(dir, prefix+"*"); err == nil {
			name, err = file.Name(), file.Close()
		}
	}
	if err != nil {
		return fail(args, "%s: %s", template, why(err))
	}
	fmt.Fprintln(out, name)
	return 0
}
