package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/fill"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
)

// pile lays the layers over each other. A layer that has files in a directory
// but no entry for it would show a directory of root with mode 0755 there: a
// thin one with the directories as the lower layers have them goes over it.
func (c *content) pile(ctx context.Context, s *store.Store) ([]string, error) {
	var dirs []string // the lowest first
	// overlayfs takes no directory twice; the upper one of two equal layers
	// hides all that the lower one does.
	add := func(key string) {
		path := s.Path(store.Layers, key)
		dirs = append(slices.DeleteFunc(dirs, func(d string) bool { return d == path }), path)
		c.keep = append(c.keep, store.Name(store.Layers, key))
	}
	rooted := "" // the topmost layer that says what its root is like
	for i, l := range c.image.Layers {
		needs, err := needsOf(filepath.Join(s.Dir, store.Layers, key(l.DiffID)))
		if err != nil {
			return nil, fmt.Errorf("layer %s: %w", l.DiffID, err)
		}
		if needs.Cut {
			dirs = nil
		}
		below := slices.Clone(dirs)
		add(key(l.DiffID))
		if !needs.Root {
			rooted = s.Path(store.Layers, key(l.DiffID))
		} else if i == len(c.image.Layers)-1 && rooted != "" {
			needs.Dirs = append(needs.Dirs, ".")
		}
		if len(needs.Dirs) == 0 || len(below) == 0 {
			continue
		}
		name := "dirs-" + chain(c.image.Layers[:i+1])
		if !s.Has(store.Layers, name) {
			_, err = s.Put(store.Layers, func(dir string) (string, error) {
				err := c.thin(ctx, filepath.Join(dir, "fs"), needs.Dirs, func(name string) []string {
					if name == "." {
						return []string{rooted}
					}
					return below
				})
				if err != nil {
					return "", err
				}
				return name, c.seal(ctx, dir)
			})
		}
		if err != nil {
			return nil, err
		}
		add(name)
	}
	if len(dirs) == 0 { // an image from scratch with nothing in it
		dir, err := c.whole(ctx, store.Bases, os.Mkdir)
		return []string{dir}, err
	}
	top := make([]string, 0, len(dirs))
	for i := range dirs {
		top = append(top, dirs[len(dirs)-1-i])
	}
	return top, nil
}

func needsOf(dir string) (needs tree.Beneath, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "layer.json"))
	if err == nil {
		err = json.Unmarshal(text, &needs)
	}
	return needs, err
}

// thin makes a layer of directories.
func (c *content) thin(ctx context.Context, dir string, names []string, below func(string) []string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	_, err := c.into(ctx, dir, tree.Options{Form: tree.Overlay, User: c.opt.User}, func(_ context.Context, t *tree.Tree) error {
		for _, name := range names {
			m, err := beneath(below(name), name)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if m == nil {
				continue
			}
			m.Xattrs = slices.DeleteFunc(m.Xattrs, func(x tree.Xattr) bool { return strings.HasSuffix(x.Name, ".overlay.opaque") })
			if err := t.Dir(name, m); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// beneath is the directory of a name in the topmost layer that has it, nil if
// none does. A symlink means that the layer was packed for the merged tree.
func beneath(dirs []string, name string) (*tree.Meta, error) {
	for i := len(dirs) - 1; i >= 0; i-- {
		m, found, err := inLayer(dirs[i], name)
		if found || err != nil {
			return m, err
		}
	}
	return nil, nil
}

func inLayer(dir, name string) (m *tree.Meta, found bool, err error) {
	root, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, false, err
	}
	defer unix.Close(root)
	how := unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC | unix.O_NOFOLLOW,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_SYMLINKS,
	}
	fd, err := unix.Openat2(root, name, &how)
	switch {
	case errors.Is(err, unix.ENOENT):
		return nil, false, nil
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.ENOTDIR):
		// A whiteout hides what is lower still; a symlink leads elsewhere.
		var st unix.Stat_t
		if unix.Fstatat(root, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == 0 {
			return nil, true, nil
		}
		return nil, true, tree.ErrBelow
	case err != nil:
		return nil, false, err
	}
	defer unix.Close(fd)
	m, err = fill.Meta(fd)
	return m, true, err
}
