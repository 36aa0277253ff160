package host

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/idmap"
)

// hidden directories are empty in the container.
var hidden = []struct{ path, mode string }{
	{"/home", "755"}, {"/root", "700"}, {"/run", "755"}, {"/tmp", "1777"}, {"/var/tmp", "1777"},
}

// A Plan is what the container is to see of the host.
type Plan struct {
	Cwd   string // its working directory
	Shown string // directory that is shown through an overlay of its own; empty if none
	Note  string // what the caller should know about Cwd

	tmp   []specs.Mount
	binds []specs.Mount
	masks []string
	etc   func() ([]string, error) // further masks, once they are found
}

// See decides what a container whose caller stands in cwd sees. In the state
// directory root it keeps what makes that faster the next time; empty for nowhere.
func See(cwd, root string) (*Plan, error) {
	cwd, err := filepath.Abs(cwd)
	if err == nil {
		cwd, err = filepath.EvalSymlinks(cwd)
	}
	if err != nil {
		return nil, err
	}
	if err := spell(cwd); err != nil {
		return nil, err
	}
	mounts, err := table()
	if err != nil {
		return nil, err
	}
	keep := ""
	if root != "" {
		keep = filepath.Join(root, ".etc")
	}
	p := &Plan{Cwd: cwd, etc: ahead(func() ([]string, error) { return closed(keep) })}
	if p.masks, err = secrets(); err != nil {
		return nil, err
	}
	if within(cwd, "/etc") { // it may itself be one that others may not enter
		more, err := p.etc()
		if err != nil {
			return nil, err
		}
		p.masks = append(p.masks, more...)
	}
	p.masks = parents(p.masks)
	for _, h := range hidden {
		if info, err := os.Stat(h.path); err == nil && info.IsDir() {
			p.empty(h.path, h.mode)
		}
	}
	p.stand(cwd, mounts)
	inside, err := idmap.Inside()
	p.bring(mounts, inside)
	return p, err
}

// ahead begins with work of which the outcome is asked for later.
func ahead(work func() ([]string, error)) func() ([]string, error) {
	type outcome struct {
		list []string
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		list, err := work()
		done <- outcome{list, err}
	}()
	return sync.OnceValues(func() ([]string, error) {
		o := <-done
		return o.list, o.err
	})
}

// spell refuses what the options of an overlay cannot hold.
func spell(path string) error {
	if strings.ContainsAny(path, `,:\`) {
		return fail.New(fail.CodeInput, `%q holds a comma, colon or backslash, which overlayfs takes apart`, path)
	}
	return nil
}

func (p *Plan) empty(dir, mode string) {
	p.tmp = append(p.tmp, specs.Mount{
		Destination: dir, Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "nodev", "mode=" + mode},
	})
}

// stand makes the current directory visible wherever it is, unless it is one
// of the hidden ones itself or a person's home: those hold more than work.
func (p *Plan) stand(cwd string, mounts []entry) {
	on := holder(mounts, cwd)
	for _, own := range []string{"/proc", "/sys", "/dev"} {
		if within(cwd, own) {
			p.Cwd, p.Note = "/", cwd+" is the kernel's, the container begins in /"
			return
		}
	}
	if i := slices.IndexFunc(p.masks, func(m string) bool { return m != cwd && within(cwd, m) }); i >= 0 {
		p.empty(p.masks[i], "755")
		p.masks = slices.Delete(p.masks, i, i+1)
	}
	for _, m := range p.tmp {
		real := m.Destination
		if to, err := filepath.EvalSymlinks(real); err == nil {
			real = to
		}
		switch {
		case !within(cwd, real):
			continue
		case cwd == real:
			p.Note = cwd + " is empty in the container (a volume brings it in)"
		case m.Destination == "/home" && filepath.Dir(cwd) == real:
			p.Note = cwd + " is a home and empty in the container (a volume brings it in)"
			p.empty(cwd, "755")
		default:
			p.Shown = cwd
		}
		return
	}
	if on.point != "/" {
		p.Shown = cwd
	}
}

// bring binds the host's other file systems, read-only: the overlay is over
// the root's alone. In a user namespace a mount comes with what is mounted below.
func (p *Plan) bring(mounts []entry, inside bool) {
	options := []string{"bind", "ro", "nosuid", "nodev"}
	if inside {
		options = []string{"rbind", "rro", "rnosuid", "rnodev"}
	}
	for _, e := range mounts {
		if e.point == "/" || !e.real() || e.ours() || p.covered(e.point) {
			continue
		}
		if _, err := os.Lstat(e.point); err != nil {
			continue // somebody's FUSE, or covered by another mount
		}
		p.binds = append(p.binds, specs.Mount{
			Destination: e.point, Type: "bind", Source: e.point, Options: options,
		})
	}
	slices.SortStableFunc(p.binds, func(a, b specs.Mount) int {
		return strings.Count(a.Destination, "/") - strings.Count(b.Destination, "/")
	})
}

func (p *Plan) covered(point string) bool {
	for _, own := range []string{"/proc", "/sys", "/dev"} {
		if within(point, own) {
			return true
		}
	}
	return slices.ContainsFunc(p.masks, func(m string) bool { return within(point, m) }) ||
		slices.ContainsFunc(p.tmp, func(m specs.Mount) bool { return within(point, m.Destination) })
}

// Late are the masks that Apply does not write: what others may not read of /etc.
// To find them takes a while, which See begins.
func (p *Plan) Late() ([]string, error) {
	list, err := p.etc()
	return slices.DeleteFunc(parents(slices.Clone(list)), func(l string) bool {
		return slices.ContainsFunc(p.masks, func(m string) bool { return within(l, m) }) ||
			slices.ContainsFunc(p.tmp, func(m specs.Mount) bool { return m.Destination == l })
	}), err
}

// Apply writes the plan into the spec of a bundle at dir, without what is Late.
func (p *Plan) Apply(s *specs.Spec, dir string) {
	s.Root.Path, s.Root.Readonly = "rootfs", false
	s.Process.Cwd = p.Cwd
	s.Process.NoNewPrivileges = true
	s.Mounts = append(s.Mounts, p.binds...)
	s.Mounts = append(s.Mounts, p.tmp...)
	if p.Shown != "" {
		s.Mounts = append(s.Mounts, specs.Mount{
			Destination: p.Shown, Type: "bind", Source: filepath.Join(dir, merged), Options: []string{"rbind", "nosuid", "nodev"},
		})
	}
	s.Linux.MaskedPaths = append(s.Linux.MaskedPaths, p.masks...)
}
