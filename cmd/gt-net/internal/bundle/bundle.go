// Package bundle reads and writes the two members of a config.json that a
// network is about: the namespace and the root.
package bundle

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/gophertainer/gophertainer/lib/fail"
)

const maxConfig = 16 << 20

func read(dir string) (map[string]json.RawMessage, error) {
	path := filepath.Join(dir, "config.json")
	if st, err := os.Stat(path); err == nil && st.Size() > maxConfig {
		return nil, fail.New(fail.CodeInput, "%s has %d bytes, need at most %d", path, st.Size(), maxConfig)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, &fail.Error{Code: fail.CodeInput, Path: path, Cause: err}
	}
	return all, nil
}

// Rootfs is the path of the root on the host.
func Rootfs(dir string) (string, error) {
	all, err := read(dir)
	if err != nil {
		return "", err
	}
	var root struct{ Path string }
	if err := json.Unmarshal(all["root"], &root); err != nil || root.Path == "" {
		return "", fail.Spec("/root/path", "have none in %s, need one", dir)
	}
	if filepath.IsAbs(root.Path) {
		return root.Path, nil
	}
	return filepath.Join(dir, root.Path), nil
}

// SetNetwork makes config.json say that the container has the host's network,
// the network namespace at path, or with "" a new one.
func SetNetwork(dir string, host bool, path string) error {
	if dir == "" {
		return fail.Usage("have neither a process nor a bundle, need an OCI state with one")
	}
	all, err := read(dir)
	if err != nil {
		return err
	}
	linux := map[string]json.RawMessage{}
	if text, ok := all["linux"]; ok {
		if err := json.Unmarshal(text, &linux); err != nil {
			return fail.Spec("/linux", "%w", err)
		}
	}
	var old, list []map[string]any
	if text, ok := linux["namespaces"]; ok {
		if err := json.Unmarshal(text, &old); err != nil {
			return fail.Spec("/linux/namespaces", "%w", err)
		}
	}
	for _, n := range old {
		if n["type"] != "network" {
			list = append(list, n)
		}
	}
	switch {
	case host:
	case path == "":
		list = append(list, map[string]any{"type": "network"})
	default:
		list = append(list, map[string]any{"type": "network", "path": path})
	}
	if linux["namespaces"], err = json.Marshal(list); err != nil {
		return err
	}
	if all["linux"], err = json.Marshal(linux); err != nil {
		return err
	}
	return write(filepath.Join(dir, "config.json"), all)
}

// write keeps the mode that config.json has.
func write(path string, all map[string]json.RawMessage) error {
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	return replace(path, append(text, '\n'), st.Mode().Perm())
}

// replace puts a file in the place of another at once, and follows no link.
func replace(path string, text []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".config-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(mode)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
