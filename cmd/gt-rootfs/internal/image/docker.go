package image

import (
	"slices"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// saved is one image of a docker-save archive.
type saved struct {
	Config   string
	RepoTags []string
	Layers   []string
}

func (f *Files) saved() ([]saved, error) {
	var list []saved
	err := f.document("manifest.json", &list)
	return list, err
}

// docker takes an image of a docker-save archive. Its blobs have no digests of
// their own, the plain content has.
func (f *Files) docker(list []saved, c Choice) (*Image, error) {
	fit := slices.DeleteFunc(slices.Clone(list), func(s saved) bool { return c.Name != "" && !s.named(c.Name) })
	if len(fit) != 1 {
		var have []string
		for _, s := range list {
			have = append(have, s.RepoTags...)
		}
		return nil, fail.New(fail.CodeNoSuch, "%d images are called %q, the archive has %s (--image takes one)", len(fit), c.Name, strings.Join(have, ", "))
	}
	s := fit[0]
	img := &Image{Digest: Digest("sha256:" + configID(s.Config))}
	if len(s.RepoTags) > 0 {
		img.Name = s.RepoTags[0]
	}
	if err := img.Digest.Check(); err != nil {
		return nil, fail.New(fail.CodeInput, "config %q, need a name that is its digest", s.Config)
	}
	r, err := f.open(s.Config)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	v, err := verify(r, img.Digest, -1)
	if err != nil {
		return nil, err
	}
	if err := decode(s.Config, v, &img.Config); err != nil {
		return nil, err
	}
	if err := img.Config.check(len(s.Layers), c.Platform); err != nil {
		return nil, err
	}
	for i, name := range s.Layers {
		img.Layers = append(img.Layers, Layer{DiffID: img.Config.RootFS.DiffIDs[i], Size: -1, name: name, from: f})
	}
	return img, nil
}

func (s saved) named(name string) bool {
	return slices.ContainsFunc(s.RepoTags, func(tag string) bool {
		return tag == name || strings.HasSuffix(tag, ":"+name) || strings.HasSuffix(tag, "/"+name)
	}) || configID(s.Config) == strings.TrimPrefix(name, "sha256:")
}

// configID is the digest that the name of a config holds: HEX.json, or
// blobs/sha256/HEX.
func configID(name string) string {
	return strings.TrimSuffix(name[strings.LastIndexByte(name, '/')+1:], ".json")
}
