package host

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"
)

// tree is a directory with a closed file, a closed directory and open ones.
func tree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"open", "open/deep", "closed"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{"plain", "open/plain", "open/deep/key", "closed/in"} {
		if err := os.WriteFile(filepath.Join(dir, f), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	chmod(t, filepath.Join(dir, "open/deep/key"), 0o600)
	chmod(t, filepath.Join(dir, "closed"), 0o700)
	if err := os.Symlink("plain", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"", "open", "open/deep"} {
		age(t, filepath.Join(dir, d))
	}
	return dir
}

func chmod(t *testing.T, name string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
}

// age makes the next change of a directory one that its times show.
func age(t *testing.T, dir string) {
	t.Helper()
	old := time.Unix(1e9, 0)
	if err := os.Chtimes(dir, old, old); err != nil {
		t.Fatal(err)
	}
}

// again walks with the record of the last time, and returns the next one.
func again(t *testing.T, dir string, before record, settle time.Duration) (*walk, []string) {
	t.Helper()
	w := &walk{base: dir, before: before, settle: settle}
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, c := range w.closed {
		rel, err := filepath.Rel(dir, c)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, rel)
	}
	slices.Sort(found)
	return w, found
}

// trusting takes any directory for settled.
const trusting = -time.Hour

func TestARecordHidesNoChange(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*testing.T, string)
		want   []string
	}{
		"nothing": {func(*testing.T, string) {}, []string{"closed", "open/deep/key"}},
		"chmod of a file": {func(t *testing.T, dir string) {
			chmod(t, filepath.Join(dir, "plain"), 0o640)
		}, []string{"closed", "open/deep/key", "plain"}},
		"chmod of a directory": {func(t *testing.T, dir string) {
			chmod(t, filepath.Join(dir, "open"), 0o700)
		}, []string{"closed", "open"}},
		"a directory is opened": {func(t *testing.T, dir string) {
			chmod(t, filepath.Join(dir, "closed"), 0o755)
			chmod(t, filepath.Join(dir, "closed/in"), 0o600)
		}, []string{"closed/in", "open/deep/key"}},
		"a new file": {func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "open/deep/new"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, []string{"closed", "open/deep/key", "open/deep/new"}},
		"a rename": {func(t *testing.T, dir string) {
			if err := os.Rename(filepath.Join(dir, "open/deep/key"), filepath.Join(dir, "open/moved")); err != nil {
				t.Fatal(err)
			}
		}, []string{"closed", "open/moved"}},
		"another directory of that name": {func(t *testing.T, dir string) {
			if err := os.Rename(filepath.Join(dir, "open"), filepath.Join(dir, "was")); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(filepath.Join(dir, "open"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "open/secret"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			age(t, filepath.Join(dir, "open"))
		}, []string{"closed", "open/secret", "was/deep/key"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := tree(t)
			first, found := again(t, dir, nil, trusting)
			if want := []string{"closed", "open/deep/key"}; !slices.Equal(found, want) || !first.news {
				t.Fatalf("have %v, news %v, need %v", found, first.news, want)
			}
			c.change(t, dir)
			if _, found = again(t, dir, first.seen, trusting); !slices.Equal(found, c.want) {
				t.Errorf("have %v, need %v", found, c.want)
			}
		})
	}
}

// TestYoungDirectoriesAreReadAgain: what changes within one tick of the clock
// leaves the times as they were.
func TestYoungDirectoriesAreReadAgain(t *testing.T) {
	dir := tree(t)
	first, _ := again(t, dir, nil, settling)
	if second, _ := again(t, dir, first.seen, settling); !second.news {
		t.Error("have a directory of now taken for settled")
	}
	first, _ = again(t, dir, nil, trusting)
	if second, _ := again(t, dir, first.seen, trusting); second.news {
		t.Error("have a settled directory read again")
	}
}

func TestRecordIsKept(t *testing.T) {
	w, _ := again(t, tree(t), nil, trusting)
	name := filepath.Join(t.TempDir(), "r")
	if err := w.seen.save(name); err != nil {
		t.Fatal(err)
	}
	if have := load(name); !reflect.DeepEqual(have, w.seen) {
		t.Errorf("have %v, need %v", have, w.seen)
	}
	chmod(t, name, 0o644)
	if load(name) != nil {
		t.Error("have a record that others can read, need none")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(record{".": {state: state{1, 2, -3, 4}, names: []string{"a", ""}}, "x": {names: []string{}}}.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		r := decode(b)
		if r == nil {
			return
		}
		if have := decode(r.encode()); !reflect.DeepEqual(have, r) {
			t.Errorf("have %v, need %v", have, r)
		}
	})
}
