package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/host"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// What a container has changed in its root goes with the stream. gt-rootfs packs
// it while the container stands still, and puts it into the root of the bundle
// that it is restored to before there are processes.

// The words of --changes.
const (
	changesAuto    = "auto"
	changesWith    = "with"
	changesWithout = "without"
)

func declareChanges(o *tool.Options, word *string, about string) {
	*word = changesAuto
	o.Enum(word, "changes", 0, []string{changesAuto, changesWith, changesWithout}, about)
}

// rootName is of a file in a bundle that says which root it has: the one of a
// checkpoint whose manifest has the same word, which is not changed again.
const rootName = "rootfs.id"

// wantChanges tells, before anything is touched, whether the changes go along:
// by themselves in a stream, where gt-rootfs knows them.
func (d *dumping) wantChanges() (bool, error) {
	stream := d.to != "" || d.far != nil
	if d.changes == changesWithout || d.changes == changesAuto && !stream {
		return false, nil
	}
	bundle := d.ct.State.Bundle
	var err error = fail.New(fail.CodeStatus, "root %s is not one that gt-rootfs keeps apart, need gt-rootfs unpack --driver overlay", d.ct.State.Rootfs)
	if _, serr := os.Lstat(filepath.Join(bundle, host.RecordName)); serr == nil && d.ct.State.Rootfs == filepath.Join(bundle, "rootfs") {
		err = beside("gt-rootfs", "diff", bundle)
	}
	if err == nil || d.changes == changesWith {
		return err == nil, err
	}
	d.call.Debugf("changes of the root stay here: %v", err)
	return false, nil
}

// packChanges writes them beside the images. back undoes what it wrote into the
// bundle.
func (d *dumping) packChanges() (r *image.Root, back func(), err error) {
	bundle, none := d.ct.State.Bundle, func() {}
	diff, deleted := filepath.Join(d.draft.Dir, image.ChangesName), filepath.Join(d.draft.Dir, image.DeletedName)
	if err := beside("gt-rootfs", "commit", "--deleted", deleted, bundle, diff); err != nil {
		return nil, none, err
	}
	st, err := os.Stat(diff)
	if err != nil {
		return nil, none, err
	}
	text, err := os.ReadFile(deleted)
	if err != nil {
		return nil, none, err
	}
	var gone []string
	if err := json.Unmarshal(text, &gone); err != nil {
		return nil, none, fail.New(fail.CodeInternal, "gt-rootfs commit: %s: %w", deleted, err)
	}
	r = &image.Root{ID: rand.Text(), Size: st.Size(), Deleted: len(gone)}
	id := filepath.Join(bundle, rootName)
	was, err := os.ReadFile(id)
	if err != nil && !os.IsNotExist(err) {
		return nil, none, err
	}
	back = func() {
		err := os.Remove(id)
		if was != nil {
			err = os.WriteFile(id, was, 0o600)
		}
		if err != nil && !os.IsNotExist(err) {
			d.call.Warnf("say which root it is: %v", err)
		}
	}
	return r, back, os.WriteFile(id, []byte(r.ID), 0o600)
}

// volumes that stay are named, since no root has them.
func (d *dumping) nameVolumes() {
	for i := range d.facts.spec.Mounts {
		m := &d.facts.spec.Mounts[i]
		if isBind(m) && !strings.HasPrefix(m.Source, d.ct.State.Bundle+"/") {
			d.call.Warnf("volume %s (%s) does not go along, need it where this is restored", m.Destination, m.Source)
		}
	}
}

// wantsChanges tells whether those of the checkpoint are put into the root: not
// into the very one that they are of, or that has them.
func (r *restoring) wantsChanges(bundle string) (bool, error) {
	m := r.from.told()
	if m == nil || m.Root == nil {
		if r.changes == changesWith {
			return false, fail.New(fail.CodeInput, "checkpoint has no changes of a root, need one of dump --changes with")
		}
		return false, nil
	}
	if r.changes != changesAuto {
		return r.changes == changesWith, nil
	}
	id, err := os.ReadFile(filepath.Join(bundle, rootName))
	if err != nil && !os.IsNotExist(err) {
		return false, err
	}
	return string(id) != m.Root.ID, nil
}

// putChanges puts them there, once.
func (r *restoring) putChanges(v *container.Revival) error {
	if err := r.putShm(v.Spec); err != nil {
		return err
	}
	bundle := v.State.Bundle
	want, err := r.wantsChanges(bundle)
	if err != nil || !want {
		return err
	}
	id, root := filepath.Join(bundle, rootName), v.State.Rootfs
	if root == filepath.Join(bundle, "rootfs") {
		root = bundle // gt-rootfs knows more of it
	}
	args := []string{"apply", "--deleted", filepath.Join(r.from.dir, image.DeletedName)}
	if r.changes == changesWith {
		args = append(args, "--over")
	}
	if err := os.Remove(id); err != nil && !os.IsNotExist(err) {
		return err
	}
	args = append(args, root, filepath.Join(r.from.dir, image.ChangesName))
	if err := beside("gt-rootfs", args...); err != nil {
		return err
	}
	r.changes = changesWithout // also if CRIU has to try again
	return os.WriteFile(id, []byte(r.from.told().Root.ID), 0o600)
}

// putShm puts what Podman keeps of /dev/shm, a bind mount, to where the spec has
// it from.
func (r *restoring) putShm(s *specs.Spec) error {
	if r.from.about == nil {
		return nil
	}
	archive := filepath.Join(r.from.dir, image.DevshmName)
	if _, err := os.Lstat(archive); os.IsNotExist(err) {
		return nil
	} else if err != nil {
		return err
	}
	for i := range s.Mounts {
		if m := &s.Mounts[i]; filepath.Clean(m.Destination) == "/dev/shm" && isBind(m) {
			return beside("gt-rootfs", "apply", m.Source, archive)
		}
	}
	return fail.New(fail.CodeInput, "checkpoint has contents of /dev/shm, need a bind mount there in the spec")
}

// beside runs a tool that stands beside this one; what it says on stderr is the
// error.
func beside(name string, args ...string) error {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	cmd := exec.Command(filepath.Join(filepath.Dir(exe), name), args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		text := strings.TrimPrefix(strings.TrimSpace(said.String()), name+": ")
		if text == "" {
			text = err.Error()
		}
		return fail.New(fail.CodeHost, "%s: %s", name, text)
	}
	return nil
}
