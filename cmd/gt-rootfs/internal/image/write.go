package image

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Layout is an OCI layout that gets a new image. Blobs appear as a whole, the
// index is replaced last: who is killed leaves a layout that is right.
type Layout struct {
	dir    string
	lock   *os.File
	layers []descriptor
	diffs  []Digest
	config map[string]any // of the image it builds on
}

const (
	begunBlob    = ".new-"
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar"
)

// Create opens the layout at dir, which is made if need be. Others who add to
// it wait.
func Create(dir string) (*Layout, error) {
	if err := os.MkdirAll(filepath.Join(dir, "blobs/sha256"), 0o755); err != nil {
		return nil, err
	}
	lock, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		_ = lock.Close()
		return nil, &fail.Error{Op: "lock " + dir, Cause: err}
	}
	l := &Layout{dir: dir, lock: lock}
	if err := l.sweep(); err != nil {
		l.Close()
		return nil, err
	}
	mark := filepath.Join(dir, "oci-layout")
	if _, err := os.Stat(mark); errors.Is(err, fs.ErrNotExist) {
		err = os.WriteFile(mark, []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644)
		if err != nil {
			l.Close()
			return nil, err
		}
	}
	return l, nil
}

// sweep removes the blobs that somebody who was killed had begun: who works holds
// the lock.
func (l *Layout) sweep() error {
	dir := filepath.Join(l.dir, "blobs/sha256")
	list, err := os.ReadDir(dir)
	for _, e := range list {
		if strings.HasPrefix(e.Name(), begunBlob) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// Close lets others go on.
func (l *Layout) Close() { _ = l.lock.Close() }

// Base takes the layers and the config of an image of the same layout.
func (l *Layout) Base(d Digest) error {
	if err := d.Check(); err != nil {
		return err
	}
	f, err := OpenFiles(l.dir)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := os.Stat(filepath.Join(l.dir, d.path()))
	if err != nil {
		return err
	}
	var m manifest
	if err := f.blob(descriptor{Digest: d, Size: info.Size()}, &m); err != nil {
		return err
	}
	var config map[string]any
	if err := f.blob(m.Config, &config); err != nil {
		return err
	}
	var c Config
	if err := f.blob(m.Config, &c); err != nil {
		return err
	}
	if err := c.check(len(m.Layers), c.Platform); err != nil {
		return err
	}
	l.layers, l.diffs, l.config = m.Layers, c.RootFS.DiffIDs, config
	return nil
}

// Layer adds a layer: write writes its archive, which pack compresses.
func (l *Layout) Layer(compress string, pack func(io.Writer) (io.WriteCloser, error), write func(io.Writer) error) error {
	plain := sha256.New()
	d, err := l.put(func(w io.Writer) error {
		z, err := pack(w)
		if err != nil {
			return err
		}
		return errors.Join(write(io.MultiWriter(z, plain)), z.Close())
	})
	if err != nil {
		return err
	}
	d.MediaType = layerType
	if compress != "none" {
		d.MediaType += "+" + compress
	}
	l.layers, l.diffs = append(l.layers, d), append(l.diffs, Sum(plain))
	return nil
}

// put writes a blob.
func (l *Layout) put(write func(io.Writer) error) (descriptor, error) {
	f, err := os.CreateTemp(filepath.Join(l.dir, "blobs/sha256"), begunBlob+"*")
	if err != nil {
		return descriptor{}, err
	}
	defer f.Close()
	sum := sha256.New()
	if err = write(io.MultiWriter(f, sum)); err == nil {
		err = f.Chmod(0o644)
	}
	d := descriptor{Digest: Sum(sum)}
	if err == nil {
		d.Size, err = f.Seek(0, io.SeekCurrent)
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(l.dir, d.Digest.path()))
	}
	if err != nil {
		return d, errors.Join(err, os.Remove(f.Name()))
	}
	return d, nil
}

func (l *Layout) document(value any) (descriptor, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return descriptor{}, err
	}
	return l.put(func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// Save writes config, manifest and index. The image replaces one of that name.
func (l *Layout) Save(name string, p Process) (Digest, error) {
	c := l.config
	if c == nil {
		c = map[string]any{"os": Host().OS, "architecture": Host().Architecture}
	}
	c["config"] = p.over(c["config"])
	c["rootfs"] = map[string]any{"type": "layers", "diff_ids": l.diffs}
	// A history has to count all layers: what is not known is left out.
	delete(c, "history")
	config, err := l.document(c)
	if err != nil {
		return "", err
	}
	config.MediaType = configType
	m, err := l.document(map[string]any{
		"schemaVersion": 2, "mediaType": manifestType, "config": config.plain(), "layers": plains(l.layers),
	})
	if err != nil {
		return "", err
	}
	m.MediaType = manifestType
	m.Annotations = map[string]string{refName: name}
	return m.Digest, l.enter(m, name)
}

// over lays the process over a config's, of which the rest stays.
func (p Process) over(old any) map[string]any {
	c, ok := old.(map[string]any)
	if !ok {
		c = map[string]any{}
	}
	delete(c, "Entrypoint")
	for key, value := range map[string]any{
		"Env": p.Env, "Cmd": p.Cmd, "WorkingDir": p.WorkingDir, "User": p.User, "StopSignal": p.StopSignal,
	} {
		if text, ok := value.(string); ok && text == "" {
			delete(c, key)
			continue
		}
		c[key] = value
	}
	return c
}

// plain is a descriptor without the members that are empty.
func (d descriptor) plain() map[string]any {
	out := map[string]any{"mediaType": d.MediaType, "digest": d.Digest, "size": d.Size}
	if len(d.Annotations) > 0 {
		out["annotations"] = d.Annotations
	}
	if d.Platform != nil {
		out["platform"] = d.Platform
	}
	return out
}

func plains(list []descriptor) []map[string]any {
	out := make([]map[string]any, len(list))
	for i, d := range list {
		out[i] = d.plain()
	}
	return out
}

// enter puts the image into the index.
func (l *Layout) enter(m descriptor, name string) error {
	path := filepath.Join(l.dir, "index.json")
	top := map[string]any{"schemaVersion": 2}
	var list []json.RawMessage
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil {
		var old struct{ Manifests []json.RawMessage }
		if err := errors.Join(json.Unmarshal(text, &top), json.Unmarshal(text, &old)); err != nil {
			return fail.New(fail.CodeInput, "read %s: %w", path, err)
		}
		list = slices.DeleteFunc(old.Manifests, func(raw json.RawMessage) bool {
			var d descriptor
			return json.Unmarshal(raw, &d) == nil && d.Annotations[refName] == name
		})
	}
	entry, err := json.Marshal(m.plain())
	if err != nil {
		return err
	}
	top["manifests"] = append(list, entry)
	if text, err = json.Marshal(top); err == nil {
		err = os.WriteFile(path+".new", text, 0o644)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
