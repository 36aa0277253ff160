package image

import (
	"slices"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A descriptor points to a blob. Its member urls is never followed.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      Digest            `json:"digest"`
	Size        int64             `json:"size"`
	Platform    *Platform         `json:"platform"`
	Annotations map[string]string `json:"annotations"`
}

type index struct {
	Manifests []descriptor `json:"manifests"`
}

type manifest struct {
	MediaType string       `json:"mediaType"`
	Config    descriptor   `json:"config"`
	Layers    []descriptor `json:"layers"`
	Manifests []descriptor `json:"manifests"` // of an index that is called a manifest
}

const (
	refName   = "org.opencontainers.image.ref.name"
	imageName = "io.containerd.image.name"
)

// oci finds the image in a layout.
func (f *Files) oci(c Choice) (*Image, error) {
	var top index
	if err := f.document("index.json", &top); err != nil {
		return nil, err
	}
	list := top.Manifests
	if c.Name != "" {
		list = slices.DeleteFunc(slices.Clone(list), func(d descriptor) bool { return !d.named(c.Name) })
		if len(list) == 0 {
			return nil, fail.New(fail.CodeNoSuch, "the layout has no image %s, it has %s", c.Name, names(top.Manifests))
		}
	}
	one, err := f.pick(list, c.Platform, 0)
	if err != nil {
		return nil, err
	}
	return f.manifest(one, c)
}

func (d descriptor) named(name string) bool {
	if string(d.Digest) == name {
		return true
	}
	for _, key := range []string{refName, imageName} {
		have := d.Annotations[key]
		if have != "" && (have == name || strings.HasSuffix(have, ":"+name) || strings.HasSuffix(have, "/"+name)) {
			return true
		}
	}
	return false
}

func names(list []descriptor) string {
	var all []string
	for _, d := range list {
		name := d.Annotations[refName]
		if name == "" {
			name = d.Digest.short()
		}
		all = append(all, name)
	}
	if len(all) == 0 {
		return "none"
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) > 20 {
		all = append(all[:20], "…")
	}
	return strings.Join(all, ", ")
}

// pick takes the manifest for a platform, through indexes.
func (f *Files) pick(list []descriptor, p Platform, depth int) (descriptor, error) {
	list = slices.DeleteFunc(slices.Clone(list), func(d descriptor) bool {
		return d.Platform != nil && d.Platform.OS == "unknown" // attestations of BuildKit
	})
	if depth > maxDepth {
		return descriptor{}, fail.New(fail.CodeLimit, "indexes lie in indexes more than %d deep", maxDepth)
	}
	fit := p.best(list)
	switch {
	case len(list) == 0:
		return descriptor{}, fail.New(fail.CodeInput, "the index names no image")
	case len(fit) == 0:
		return descriptor{}, fail.New(fail.CodeNoSuch, "no image for %s, there is %s (--platform takes another)", p, platforms(list))
	case len(fit) > 1:
		return descriptor{}, fail.New(fail.CodeInput, "the layout has %d images: %s (--image takes one)", len(fit), names(fit))
	}
	if !fit[0].isIndex() {
		return fit[0], nil
	}
	var inner index
	if err := f.blob(fit[0], &inner); err != nil {
		return descriptor{}, err
	}
	return f.pick(inner.Manifests, p, depth+1)
}

func (d descriptor) isIndex() bool {
	return d.MediaType == "application/vnd.oci.image.index.v1+json" ||
		d.MediaType == "application/vnd.docker.distribution.manifest.list.v2+json"
}

// manifest reads config and layers.
func (f *Files) manifest(d descriptor, c Choice) (*Image, error) {
	var m manifest
	if err := f.blob(d, &m); err != nil {
		return nil, err
	}
	if len(m.Manifests) > 0 {
		// The same bytes read as an index would be another image (CVE-2021-41190).
		return nil, fail.New(fail.CodeUnsafe, "manifest %s is an index too", d.Digest.short())
	}
	if m.MediaType != "" && d.MediaType != "" && m.MediaType != d.MediaType {
		return nil, fail.New(fail.CodeUnsafe, "manifest %s says it is %q, its descriptor %q", d.Digest.short(), m.MediaType, d.MediaType)
	}
	img := &Image{Name: d.Annotations[refName], Digest: d.Digest}
	if err := f.blob(m.Config, &img.Config); err != nil {
		return nil, err
	}
	if err := img.Config.check(len(m.Layers), c.Platform); err != nil {
		return nil, err
	}
	for i, l := range m.Layers {
		if err := l.Digest.Check(); err != nil {
			return nil, err
		}
		if strings.Contains(l.MediaType, "encrypted") || l.Size < 0 {
			return nil, fail.New(fail.CodeInput, "layer %s of %d bytes is of type %q, need a tar, not encrypted", l.Digest.short(), l.Size, l.MediaType)
		}
		img.Layers = append(img.Layers, Layer{
			DiffID: img.Config.RootFS.DiffIDs[i], Blob: l.Digest, Size: l.Size, name: l.Digest.path(), from: f,
		})
	}
	return img, nil
}
