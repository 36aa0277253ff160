// Package environ reads the variables of --env and --env-file.
package environ

import (
	"fmt"
	"os"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Collect returns NAME=VALUE entries, those of the files first. A name without
// a value takes that of environ, and is left out if there is none.
func Collect(files, entries, environ []string) ([]string, error) {
	var list []string
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fail.Usage("--env-file: %w", err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			line = strings.TrimSuffix(line, "\r")
			if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
				continue
			}
			if list, err = add(list, line, environ); err != nil {
				return nil, fail.Usage("--env-file: %s:%d: %w", name, i+1, err)
			}
		}
	}
	for _, entry := range entries {
		var err error
		if list, err = add(list, entry, environ); err != nil {
			return nil, fail.Usage("--env: %w", err)
		}
	}
	return list, nil
}

func add(list []string, entry string, environ []string) ([]string, error) {
	name, _, has := strings.Cut(entry, "=")
	switch {
	case name == "" || strings.ContainsAny(name, " \t"):
		return nil, fmt.Errorf("%q has no name, need NAME=VALUE or NAME", entry)
	case strings.Contains(entry, "\x00"):
		return nil, fmt.Errorf("variable %q has a zero byte", name)
	case has:
		return append(list, entry), nil
	}
	for _, own := range environ {
		if strings.HasPrefix(own, name+"=") {
			return append(list, own), nil
		}
	}
	return list, nil
}
