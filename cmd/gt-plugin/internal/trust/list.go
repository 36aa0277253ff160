package trust

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Found is a file that might be a plugin.
type Found struct {
	Name, Path string
	Native     bool
}

// List finds what is in the directories: files that are executable or end in
// .so. Of one name the first directory wins. Nothing is executed.
func List(dirs []string) ([]Found, error) {
	var list []Found
	seen := map[string]bool{}
	for _, dir := range dirs {
		files, err := os.ReadDir(dir)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			info, err := f.Info()
			if err != nil || !info.Mode().IsRegular() {
				continue
			}
			name, native := strings.CutSuffix(f.Name(), ".so")
			if seen[name] || strings.HasPrefix(name, ".") || !native && (info.Mode()&0o111 == 0 || strings.HasSuffix(name, Suffix)) {
				continue
			}
			seen[name] = true
			list = append(list, Found{name, filepath.Join(dir, f.Name()), native})
		}
	}
	slices.SortFunc(list, func(a, b Found) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}
