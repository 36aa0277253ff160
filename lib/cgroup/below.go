package cgroup

import (
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Below is a group with directories below this one's, which exist already: for
// each word of exec --cgroup, PATH or, on v1, CONTROLLER[,CONTROLLER]:PATH. The
// container decides what lies there, so a path is only ever led downwards.
func (g *Group) Below(words []string) (*Group, error) {
	b := &Group{mode: g.mode, dirs: maps.Clone(g.dirs)}
	for _, word := range words {
		controllers, path, named := strings.Cut(word, ":")
		if !named {
			controllers, path = "", word
		}
		if path == "" || strings.Contains("/"+path+"/", "/../") {
			return nil, fail.Usage("--cgroup: have %q, need a path below the container's cgroup", word)
		}
		if named && g.mode == V2 {
			return nil, fail.Usage("--cgroup: have %q, need a path without controllers on cgroup2", word)
		}
		if err := b.descend(g, strings.Split(controllers, ","), path); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// descend moves the hierarchies of some controllers, "" for all, to a path.
func (g *Group) descend(from *Group, controllers []string, path string) error {
	for _, controller := range controllers {
		moved := false
		for name, dir := range from.dirs {
			if controller != "" && !holds(name, controller) {
				continue
			}
			below := filepath.Join(dir, path)
			if st, err := os.Stat(below); err != nil || !st.IsDir() {
				return fail.New(fail.CodeNoSuch, "--cgroup: %s does not exist, need a cgroup of the container", below)
			}
			g.dirs[name], moved = below, true
		}
		if !moved {
			return fail.Usage("--cgroup: have no cgroup of controller %q, need one of the container's", controller)
		}
	}
	return nil
}

func holds(hierarchy, controller string) bool {
	for _, c := range strings.Split(hierarchy, ",") {
		if c == controller {
			return true
		}
	}
	return false
}
