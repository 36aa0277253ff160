package image

import (
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Apply turns the image's process into that of a spec (image-spec,
// conversion.md). root is the open root file system, where names of users are
// looked up.
func (c *Config) Apply(s *specs.Spec, root int) error {
	p := c.Config
	for _, list := range [][]string{p.Env, p.Entrypoint, p.Cmd, {p.WorkingDir, p.User, p.StopSignal}} {
		for _, text := range list {
			if strings.IndexByte(text, 0) >= 0 {
				return fail.New(fail.CodeInput, "config: %q holds a zero byte", text)
			}
		}
	}
	s.Process.Env = environment(s.Process.Env, p.Env)
	if args := append(append([]string{}, p.Entrypoint...), p.Cmd...); len(args) > 0 {
		s.Process.Args = args
	}
	if s.Process.Cwd = p.WorkingDir; p.WorkingDir == "" {
		s.Process.Cwd = "/"
	}
	if !strings.HasPrefix(s.Process.Cwd, "/") {
		s.Process.Cwd = "/" + s.Process.Cwd
	}
	if p.StopSignal != "" {
		if s.Annotations == nil {
			s.Annotations = map[string]string{}
		}
		s.Annotations["org.opencontainers.image.stopSignal"] = p.StopSignal
	}
	user, err := lookup(root, p.User)
	if err == nil {
		s.Process.User = user
	}
	return err
}

// environment puts the image's variables over those of the spec.
func environment(own, image []string) []string {
	out := append([]string{}, own...)
	place := map[string]int{}
	for i, v := range out {
		key, _, _ := strings.Cut(v, "=")
		place[key] = i
	}
	for _, v := range image {
		key, _, ok := strings.Cut(v, "=")
		if !ok || key == "" {
			continue // says nothing
		}
		if i, ok := place[key]; ok {
			out[i] = v
			continue
		}
		place[key] = len(out)
		out = append(out, v)
	}
	return out
}
