package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Marks says how layers say what they hide: with attributes of user, as
// overlayfs wants them in a user namespace, or trusted ones. A store has layers
// of one sort, since a mount sees one only.
func (s *Store) Marks(user bool) error {
	want := "trusted"
	if user {
		want = "user"
	}
	link := filepath.Join(s.Dir, "marks")
	have, err := os.Readlink(link)
	if errors.Is(err, fs.ErrNotExist) {
		list, bad := os.ReadDir(filepath.Join(s.Dir, Layers))
		if bad != nil {
			return bad
		}
		have = want
		if len(list) > 0 {
			have = "trusted"
		}
		if err = os.Symlink(have, link); errors.Is(err, fs.ErrExist) {
			have, err = os.Readlink(link)
		}
	}
	if err != nil {
		return err
	}
	if have != want {
		return fail.New(fail.CodeExists, "the layers of %s have the marks of %s, need another store in this user namespace or out of it (--store)", s.Dir, have)
	}
	return nil
}
