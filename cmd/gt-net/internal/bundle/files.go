package bundle

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// prefix is how the files begin that SetFiles puts beside config.json.
const prefix = "net."

// SetFiles writes files beside config.json and mounts them read-only at their
// places, which it keys by path; an earlier mount there is replaced.
func SetFiles(dir string, files map[string]string) error {
	all, err := read(dir)
	if err != nil {
		return err
	}
	var old, list []map[string]any
	if text, ok := all["mounts"]; ok {
		if err := json.Unmarshal(text, &old); err != nil {
			return fail.Spec("/mounts", "%w", err)
		}
	}
	for _, m := range old {
		at, _ := m["destination"].(string)
		if _, ours := files[filepath.Clean(at)]; !ours {
			list = append(list, m)
		}
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	for _, at := range []string{"/etc/hosts", "/etc/resolv.conf"} {
		source := filepath.Join(abs, prefix+filepath.Base(at))
		if err := replace(source, []byte(files[at]), 0o644); err != nil {
			return err
		}
		list = append(list, map[string]any{
			"destination": at, "type": "bind", "source": source, "options": []string{"bind", "ro", "nosuid", "nodev", "noexec"},
		})
	}
	if all["mounts"], err = json.Marshal(list); err != nil {
		return err
	}
	return write(filepath.Join(dir, "config.json"), all)
}

// HasFiles tells whether SetFiles was there.
func HasFiles(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, prefix+"resolv.conf"))
	return err == nil
}
