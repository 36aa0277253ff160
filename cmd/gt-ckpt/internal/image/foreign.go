package image

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Podman and CRI-O export without a manifest. Nothing says then that the archive
// is whole, and nothing what its mounts and descriptors were.

// DevshmName is what Podman keeps of /dev/shm, which is a bind mount there.
const DevshmName = "devshm-checkpoint.tar"

// maxConfig bounds config.dump and deleted.files, in bytes.
const maxConfig = 8 << 20

// foreign describes an unpacked archive that has no manifest, by its config.dump
// and what is in it.
func foreign(dir string, sums map[string]File) (*Manifest, error) {
	if _, ok := sums[ImagesDir+"/inventory.img"]; !ok {
		return nil, fail.New(fail.CodeInput, "checkpoint has neither %s nor %s/inventory.img: it is cut, or no checkpoint", ManifestName, ImagesDir)
	}
	var config struct {
		ID           string `json:"id"`
		Name         string `json:"name"`
		Checkpointed string `json:"checkpointedTime"`
	}
	if err := readJSON(dir, ConfigName, &config); err != nil {
		return nil, err
	}
	m := &Manifest{Format: Format, Name: config.Name, Container: config.Name, Created: config.Checkpointed, Foreign: true, Unlisted: true}
	if m.Container == "" {
		m.Name, m.Container = config.ID, config.ID
	}
	for _, f := range sums {
		m.Files = append(m.Files, f)
	}
	diff, some := sums[ChangesName]
	_, gone := sums[DeletedName]
	if !some && !gone {
		return m, nil
	}
	m.Root = &Root{ID: "foreign-" + diff.SHA256 + sums[DeletedName].SHA256, Size: diff.Size}
	// Each is there only if there is something in it.
	if !some {
		if err := os.WriteFile(filepath.Join(dir, ChangesName), make([]byte, 1024), 0o600); err != nil {
			return nil, err
		}
	}
	if !gone {
		return m, os.WriteFile(filepath.Join(dir, DeletedName), []byte("[]"), 0o600)
	}
	var list []string
	err := readJSON(dir, DeletedName, &list)
	m.Root.Deleted = len(list)
	return m, err
}

func readJSON(dir, name string, into any) error {
	path := filepath.Join(dir, name)
	st, err := os.Stat(path)
	if os.IsNotExist(err) {
		return fail.New(fail.CodeInput, "checkpoint lacks %s", name)
	}
	if err != nil {
		return err
	}
	if st.Size() > maxConfig {
		return fail.New(fail.CodeInput, "%s has %d bytes, need at most %d", name, st.Size(), maxConfig)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fail.New(fail.CodeInput, "%s: %w", name, err)
	}
	return nil
}
