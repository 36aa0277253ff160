// Package volume reads HOST:CONTAINER[:OPTIONS].
package volume

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Parse makes the bind mount that text asks for. A relative host path begins
// with a dot and is resolved against dir. The host path has to exist.
//
// Unless options say otherwise the tree is writable, private, and without
// device nodes and setuid programs: what a container writes there must not
// give its author more on the host than he has.
//
// A source without a slash is the name of a volume, whose directory name tells.
func Parse(text, dir string, name func(string) (string, error)) (specs.Mount, error) {
	var m specs.Mount
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 3 || parts[0] == "" || parts[1] == "" {
		return m, fmt.Errorf("%q is no volume, need HOST:CONTAINER or HOST:CONTAINER:OPTIONS", text)
	}
	if !path.IsAbs(parts[1]) {
		return m, fmt.Errorf("container path %q is relative, need an absolute one", parts[1])
	}
	// Cleaned here so that no .. is left for anybody to interpret.
	m.Destination = path.Clean(parts[1])
	if m.Destination == "/" {
		return m, errors.New("container path is /, need one below it")
	}
	source, err := host(parts[0], dir, name)
	if err != nil {
		return m, err
	}
	m.Type, m.Source = "bind", source
	words := ""
	if len(parts) == 3 {
		words = parts[2]
	}
	m.Options, err = options(words)
	return m, err
}

func host(name, dir string, named func(string) (string, error)) (string, error) {
	if !filepath.IsAbs(name) {
		if name[0] != '.' {
			if strings.Contains(name, "/") {
				return "", fmt.Errorf("%q is neither a path nor the name of a volume, need ./%s", name, name)
			}
			return named(name)
		}
		name = filepath.Join(dir, name)
	}
	name = filepath.Clean(name)
	if _, err := os.Stat(name); err != nil {
		return "", fmt.Errorf("host path: %w", err)
	}
	return name, nil
}

// kinds groups the words of which a mount has one each.
var kinds = []struct {
	preset string
	words  []string
}{
	{"rbind", []string{"rbind", "bind"}},
	{"rw", []string{"rw", "ro"}},
	{"rprivate", []string{"rprivate", "private", "rshared", "shared", "rslave", "slave"}},
	{"nosuid", []string{"nosuid", "suid"}},
	{"nodev", []string{"nodev", "dev"}},
	{"", []string{"noexec", "exec"}},
}

func options(text string) ([]string, error) {
	chosen := make([]string, len(kinds))
	for word := range strings.SplitSeq(text, ",") {
		if word == "" && text == "" {
			break
		}
		kind, err := find(word)
		if err != nil {
			return nil, err
		}
		if chosen[kind] != "" && chosen[kind] != word {
			return nil, fmt.Errorf("options %s and %s contradict each other", chosen[kind], word)
		}
		chosen[kind] = word
	}
	var list []string
	for i, word := range chosen {
		if word == "" {
			word = kinds[i].preset
		}
		if word != "" {
			list = append(list, word)
		}
	}
	return list, nil
}

func find(word string) (int, error) {
	var known []string
	for i, k := range kinds {
		for _, w := range k.words {
			if w == word {
				return i, nil
			}
			known = append(known, w)
		}
	}
	if word == "z" || word == "Z" || word == "U" {
		return 0, fmt.Errorf("option %s would change labels or owners of the host's files, which is not done", word)
	}
	return 0, fmt.Errorf("option %q is unknown, need one of %s", word, strings.Join(known, " "))
}
