package spec

import (
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func (c *checker) hooks(h *specs.Hooks) {
	if h == nil {
		return
	}
	for _, k := range []struct {
		name string
		list []specs.Hook
	}{
		{"prestart", h.Prestart}, //nolint:staticcheck // Docker still sends prestart
		{"createRuntime", h.CreateRuntime},
		{"createContainer", h.CreateContainer},
		{"startContainer", h.StartContainer},
		{"poststart", h.Poststart},
		{"poststop", h.Poststop},
	} {
		for i := range k.list {
			c.hook(index("/hooks/"+k.name, i), &k.list[i])
		}
	}
}

func (c *checker) hook(at string, h *specs.Hook) {
	c.absolute(at+"/path", h.Path)
	c.plains(at+"/args", h.Args)
	for i, e := range h.Env {
		if !strings.Contains(e, "=") || strings.ContainsRune(e, 0) {
			c.refuse(index(at+"/env", i), "have %q, need NAME=VALUE", e)
		}
	}
	if h.Timeout != nil && *h.Timeout <= 0 {
		c.refuse(at+"/timeout", "have %d, need 1 second or more", *h.Timeout)
	}
}
