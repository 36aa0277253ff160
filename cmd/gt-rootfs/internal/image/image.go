// Package image reads OCI image layouts and what docker save writes. Nothing in
// them is trusted: every blob is compared with its digest, documents are
// bounded, names lead nowhere out of the layout, and only the members of a
// config that describe a process are taken.
//
// Sources: image-spec 1.1 (image-layout.md, image-index.md, manifest.md,
// config.md), Docker Image Specification v1.3 ("Combined Image JSON +
// Filesystem Changeset Format").
package image

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// An Image is one image for one platform.
type Image struct {
	Name   string
	Digest Digest // of its manifest, or of the config if it has none
	Config Config
	Layers []Layer // the lowest first
}

// A Layer is one archive of an image.
type Layer struct {
	DiffID Digest // of its plain content
	Blob   Digest // as it is stored, empty in a docker-save archive
	Size   int64  // as it is stored, in bytes; -1 if nobody said

	name string
	from *Files
}

// A Choice says which of several images is meant.
type Choice struct {
	Name     string // a tag, a reference or a digest; empty is the only one
	Platform Platform
}

// Limits of what a layout may say.
const (
	maxDocument = 4 << 20 // bytes of an index, manifest or config
	maxMembers  = 200_000 // members and elements in it: decoded they take many times their bytes
	maxLayers   = 500
	maxDepth    = 4 // indexes in indexes
)

// Is tells whether a directory is an image layout.
func Is(dir string) bool {
	f, err := OpenFiles(dir)
	if err != nil {
		return false
	}
	defer f.Close()
	if _, err := f.layout(); err == nil {
		return true
	}
	_, err = f.saved()
	return err == nil
}

// Archived tells by its first entry whether an archive holds an image.
func Archived(first string) bool {
	name := strings.TrimPrefix(strings.TrimPrefix(first, "./"), "/")
	head, rest, _ := strings.Cut(name, "/")
	switch head {
	case "oci-layout", "index.json", "manifest.json", "repositories":
		return rest == ""
	case "blobs":
		return rest == "" || strings.HasPrefix(rest, "sha256")
	}
	// How docker save called configs and layers: HEX.json, HEX.tar, HEX/…
	head = strings.TrimSuffix(strings.TrimSuffix(head, ".json"), ".tar")
	return Digest("sha256:"+head).Check() == nil
}

// Open reads the description of an image; the layers are read later, from the
// same files.
func Open(f *Files, c Choice) (*Image, error) {
	if _, err := f.layout(); err == nil || !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return nil, err
		}
		return f.oci(c)
	}
	list, err := f.saved()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fail.New(fail.CodeInput, "have neither oci-layout nor manifest.json, need an image layout or what docker save writes")
	}
	if err != nil {
		return nil, err
	}
	return f.docker(list, c)
}

// layout reads the file that says that a directory is an OCI layout.
func (f *Files) layout() (string, error) {
	var mark struct{ ImageLayoutVersion string }
	if err := f.document("oci-layout", &mark); err != nil {
		return "", err
	}
	if v := mark.ImageLayoutVersion; v != "1.0.0" {
		return "", fail.New(fail.CodeInput, "oci-layout: have version %q, need 1.0.0", v)
	}
	return mark.ImageLayoutVersion, nil
}

// document reads a bounded file of JSON whose digest nobody knows.
func (f *Files) document(name string, into any) error {
	r, err := f.open(name)
	if err != nil {
		return err
	}
	defer r.Close()
	return decode(name, r, into)
}

// blob reads a bounded file of JSON and compares its digest.
func (f *Files) blob(d descriptor, into any) error {
	if err := d.Digest.Check(); err != nil {
		return err
	}
	if d.Size < 0 || d.Size > maxDocument {
		return fail.New(fail.CodeLimit, "%s has %d bytes, need 0 to %d", d.Digest.short(), d.Size, maxDocument)
	}
	r, err := f.open(d.Digest.path())
	if err != nil {
		return err
	}
	defer r.Close()
	v, err := verify(r, d.Digest, d.Size)
	if err != nil {
		return err
	}
	return decode(d.Digest.short(), v, into)
}

func decode(name string, r io.Reader, into any) error {
	text, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if len(text) > maxDocument {
		return fail.New(fail.CodeLimit, "%s has more than %d bytes", name, maxDocument)
	}
	if n := bytes.Count(text, []byte(",")); n > maxMembers {
		return fail.New(fail.CodeLimit, "%s has %d members, need at most %d", name, n, maxMembers)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fail.New(fail.CodeInput, "read %s: %w", name, err)
	}
	return nil
}
