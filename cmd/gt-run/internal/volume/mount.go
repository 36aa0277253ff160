package volume

import (
	"fmt"
	"path"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Tmpfs reads DIR[:OPTIONS]; OPTIONS are those of tmpfs(5). Unless they say
// otherwise there are no programs, devices and setuid there.
func Tmpfs(text string) (m specs.Mount, err error) {
	dir, options, _ := strings.Cut(text, ":")
	if !path.IsAbs(dir) || path.Clean(dir) == "/" {
		return m, fmt.Errorf("have %q, need DIR[:OPTIONS] with an absolute DIR", text)
	}
	m = specs.Mount{Destination: path.Clean(dir), Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "nodev", "noexec"}}
	for word := range strings.SplitSeq(options, ",") {
		name, _, _ := strings.Cut(word, "=")
		switch {
		case word == "":
		case word == "exec" || word == "dev" || word == "suid":
			m.Options = remove(m.Options, "no"+word)
		case word == "ro" || word == "rw" || word == "noexec" || word == "nodev" || word == "nosuid" || word == "noatime":
			m.Options = append(remove(m.Options, word), word)
		case name == "size" || name == "mode" || name == "uid" || name == "gid" || name == "nr_inodes" || name == "nr_blocks":
			m.Options = append(m.Options, word)
		default:
			return m, fmt.Errorf("option %q is unknown, need size=, mode=, uid=, gid=, nr_inodes=, ro, exec, dev or suid", word)
		}
	}
	return m, nil
}

func remove(list []string, word string) (out []string) {
	for _, w := range list {
		if w != word {
			out = append(out, w)
		}
	}
	return out
}

// Mount reads docker's type=bind,source=…,target=…,readonly. name turns that of a
// volume into its directory.
func Mount(text, dir string, name func(string) (string, error)) (specs.Mount, error) {
	values := map[string]string{"type": "volume"}
	var words, tmpfs []string
	for field := range strings.SplitSeq(text, ",") {
		key, value, has := strings.Cut(field, "=")
		switch key {
		case "type":
			values["type"] = value
		case "source", "src":
			values["source"] = value
		case "target", "destination", "dst":
			values["target"] = value
		case "readonly", "ro":
			if !has || value == "true" || value == "1" {
				words = append(words, "ro")
			}
		case "bind-propagation":
			words = append(words, value)
		case "tmpfs-size":
			tmpfs = append(tmpfs, "size="+value)
		case "tmpfs-mode":
			tmpfs = append(tmpfs, "mode="+value)
		default:
			return specs.Mount{}, fmt.Errorf("%q is unknown, need type, source, target, readonly, bind-propagation, tmpfs-size or tmpfs-mode", key)
		}
	}
	if values["target"] == "" {
		return specs.Mount{}, fmt.Errorf("%q has no target, need one", text)
	}
	if strings.ContainsAny(values["source"]+values["target"], ":") {
		return specs.Mount{}, fmt.Errorf("%q has a colon in a path, which is not done", text)
	}
	switch values["type"] {
	case "tmpfs":
		return Tmpfs(values["target"] + ":" + strings.Join(append(tmpfs, words...), ","))
	case "bind", "volume":
		return Parse(values["source"]+":"+values["target"]+suffix(words), dir, name)
	}
	return specs.Mount{}, fmt.Errorf("type %q is unknown, need bind, volume or tmpfs", values["type"])
}

func suffix(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return ":" + strings.Join(words, ",")
}
