package image

import (
	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Config is what is taken of an image's config: what describes a process.
// Labels, volumes, ports, hooks that somebody may have put there are not read:
// data of an image never selects what we do.
type Config struct {
	Platform
	Config Process `json:"config"`
	RootFS struct {
		Type    string   `json:"type"`
		DiffIDs []Digest `json:"diff_ids"`
	} `json:"rootfs"`
}

// A Process is the part of a config that a spec's process comes from.
type Process struct {
	User       string
	Env        []string
	Entrypoint []string
	Cmd        []string
	WorkingDir string
	StopSignal string
}

func (c *Config) check(layers int, want Platform) error {
	if n := len(c.RootFS.DiffIDs); n != layers {
		return fail.New(fail.CodeInput, "the config has %d layers, the manifest %d", n, layers)
	}
	if layers > maxLayers {
		return fail.New(fail.CodeLimit, "the image has %d layers, need at most %d", layers, maxLayers)
	}
	if c.RootFS.Type != "" && c.RootFS.Type != "layers" {
		return fail.New(fail.CodeInput, "the config's rootfs is of type %q, need layers", c.RootFS.Type)
	}
	for _, d := range c.RootFS.DiffIDs {
		if err := d.Check(); err != nil {
			return err
		}
	}
	if !want.accepts(c.Platform) {
		return fail.New(fail.CodeNoSuch, "the image is for %s, need %s (--platform %s unpacks it all the same)", c.Platform, want, c.Platform)
	}
	return nil
}
