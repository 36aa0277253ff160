package cgroup

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/systemd"
)

// A unit is the scope of systemd that a group belongs to. It is begun with the
// container's first process in it, and has its group from then on.
type unit struct {
	name  string
	slice string
	uid   int // of the manager's user, or systemd.System
	about string
	extra []systemd.Property // by annotations; they come last
	bus   *systemd.Bus       // from LocateScope on until the unit is begun
	wants *specs.LinuxResources
	begun bool
}

// LocateScope decides the scope of a container and its directory, and makes
// nothing. path is slice:prefix:name; without one it is a scope named after the
// ID, in system.slice or in a user's user.slice.
func LocateScope(path, id string, annotations map[string]string) (*Group, error) {
	u, below, err := newUnit(path, id, annotations)
	if err != nil {
		return nil, err
	}
	mode, err := probe()
	if err != nil {
		return nil, err
	}
	if u.bus, err = systemd.Dial(u.uid); err != nil {
		return nil, err
	}
	base, err := u.bus.Group()
	if err != nil {
		u.bus.Close()
		return nil, err
	}
	g := &Group{mode: mode, unit: u, dirs: map[string]string{}}
	roots, err := hierarchies(mode)
	if err != nil {
		u.bus.Close()
		return nil, err
	}
	for _, name := range roots {
		g.dirs[name] = filepath.Join(mountOf(mode, name), filepath.Clean("/"+base), below, u.name)
	}
	return g, nil
}

// CheckScope tells what LocateScope would refuse, and asks nobody.
func CheckScope(path string, annotations map[string]string) error {
	_, _, err := newUnit(path, "id", annotations)
	return err
}

// newUnit decides the scope, and where it lies below its manager's group.
func newUnit(path, id string, annotations map[string]string) (u *unit, below string, err error) {
	u = &unit{uid: systemd.System, about: "container " + id}
	if uid, rootless := user(); rootless {
		u.uid = uid
		if mode, err := probe(); err != nil || mode != V2 {
			return nil, "", fail.New(fail.CodeHost, "have cgroup %s, need v2 for the systemd of a user: v1 cannot be delegated to it", mode)
		}
	}
	if err := u.locate(path, id); err != nil {
		return nil, "", err
	}
	if u.extra, err = annotated(annotations); err != nil {
		return nil, "", err
	}
	if below, err = systemd.SlicePath(u.slice); err != nil {
		return nil, "", &fail.Error{Member: "/linux/cgroupsPath", Cause: err}
	}
	return u, below, nil
}

func (u *unit) locate(path, id string) error {
	parts := strings.Split(path, ":")
	if path == "" {
		parts = []string{"", "gt", id}
	}
	if len(parts) != 3 || parts[2] == "" {
		return fail.Spec("/linux/cgroupsPath", "have %q, need slice:prefix:name for the systemd driver", path)
	}
	if u.slice = parts[0]; u.slice == "" {
		if u.slice = "system.slice"; u.uid != systemd.System {
			u.slice = "user.slice"
		}
	}
	if strings.HasSuffix(parts[2], ".slice") {
		return fail.Spec("/linux/cgroupsPath", "have the slice %q, need the name of a scope: processes are in scopes only", parts[2])
	}
	name := strings.TrimSuffix(parts[2], ".scope")
	if parts[1] != "" {
		name = parts[1] + "-" + name
	}
	u.name = systemd.Escape(name) + ".scope"
	if len(u.name) > 255 {
		return fail.Spec("/linux/cgroupsPath", "the name %s has %d bytes, need at most 255", u.name, len(u.name))
	}
	return nil
}

// reserved are properties that decide what belongs to the container.
func reserved(name string) bool {
	return name == "PIDs" || name == "Slice" || name == "Delegate" || name == "Controller"
}

// annotated reads the properties among the annotations, in order.
func annotated(annotations map[string]string) ([]systemd.Property, error) {
	var list []systemd.Property
	for _, key := range names(annotations) {
		if !strings.HasPrefix(key, systemd.Prefix) {
			continue
		}
		p, err := systemd.Annotated(key, annotations[key])
		if err == nil && reserved(p.Name) {
			err = fail.New(fail.CodeSpec, "have property %s, which is the runtime's own, need another", p.Name)
		}
		if err != nil {
			return nil, &fail.Error{Code: fail.CodeSpec, Member: "/annotations/" + strings.ReplaceAll(key, "/", "~1"), Cause: err}
		}
		list = append(list, p)
	}
	return list, nil
}

// begin has systemd make the scope around a process.
func (g *Group) begin(pid int) error {
	u := g.unit
	defer u.hangUp()
	props := []systemd.Property{
		{Name: "Description", Value: systemd.String(u.about)},
		{Name: "Slice", Value: systemd.String(u.slice)},
		{Name: "PIDs", Value: systemd.Words([]uint32{uint32(pid)})},
		{Name: "Delegate", Value: systemd.Bool(true)},
		{Name: "DefaultDependencies", Value: systemd.Bool(false)},
		{Name: "CollectMode", Value: systemd.String("inactive-or-failed")},
	}
	for _, what := range []string{"CPU", "Memory", "IO", "Tasks"} {
		props = append(props, systemd.Property{Name: what + "Accounting", Value: systemd.Bool(true)})
	}
	if r := u.wants; r != nil {
		limits, err := g.properties(r)
		if err != nil {
			return err
		}
		props = append(props, limits...)
	}
	props = append(props, u.extra...)
	u.begun = true
	err := u.bus.Start(u.name, props)
	if systemd.Refused(err, "UnitExists") {
		// One that has failed, and was not collected, is in the way.
		if err = u.bus.Reset(u.name); err == nil {
			err = u.bus.Start(u.name, props)
		}
	}
	if systemd.Refused(err, "UnitExists") {
		u.begun = false
		e := fail.New(fail.CodeBusy, "unit %s is there already, need another name: %w", u.name, err)
		e.Member = "/linux/cgroupsPath"
		return e
	}
	if err != nil {
		return &fail.Error{Op: "start unit " + u.name, Cause: err}
	}
	if err := g.join(pid); err != nil {
		return err
	}
	if r := u.wants; r != nil {
		if err := g.Apply(r); err != nil {
			return err
		}
	}
	return g.give()
}

// join puts the process into the v1 hierarchies that systemd leaves alone.
func (g *Group) join(pid int) error {
	for _, name := range sorted(g.dirs) {
		if name == "" {
			continue
		}
		dir := g.dirs[name]
		if err := g.mkdir(name, dir); err != nil && err != unix.EEXIST {
			return &fail.Error{Op: "make cgroup " + dir, Member: "/linux/cgroupsPath", Cause: err}
		}
		if err := write(dir, "cgroup.procs", strconv.Itoa(pid)); err != nil {
			return err
		}
	}
	return nil
}

func (u *unit) hangUp() {
	if u.bus != nil {
		u.bus.Close()
		u.bus = nil
	}
}

// end stops the scope: an empty one, for systemd would first ask processes to
// end, and wait.
func (g *Group) end() error {
	u := g.unit
	pids, err := g.Pids()
	if err != nil {
		return err
	}
	if len(pids) > 0 {
		return &fail.Error{Op: "stop unit " + u.name, Cause: unix.EBUSY}
	}
	bus, err := systemd.Dial(u.uid)
	if err != nil {
		return err
	}
	defer bus.Close()
	if err := bus.Stop(u.name); err != nil {
		return &fail.Error{Op: "stop unit " + u.name, Cause: err}
	}
	return nil
}

// change hands new limits to systemd, which would put back the old ones at its
// next reload.
func (g *Group) change(r *specs.LinuxResources) error {
	props, err := g.properties(r)
	if err != nil || len(props) == 0 {
		return err
	}
	bus, err := systemd.Dial(g.unit.uid)
	if err != nil {
		return err
	}
	defer bus.Close()
	if err := bus.Set(g.unit.name, props); err != nil {
		return &fail.Error{Op: "change unit " + g.unit.name, Cause: err}
	}
	return nil
}

// Unit is what state.json keeps of a scope: whose manager has it, and its name;
// "" with the cgroupfs driver.
func (g *Group) Unit() string {
	if g.unit == nil {
		return ""
	}
	if g.unit.uid == systemd.System {
		return "system/" + g.unit.name
	}
	return strconv.Itoa(g.unit.uid) + "/" + g.unit.name
}

// Belongs makes the group that of a scope, as Unit has named it.
func (g *Group) Belongs(text string) error {
	whose, name, ok := strings.Cut(text, "/")
	if text == "" {
		return nil
	}
	uid := systemd.System
	if whose != "system" {
		var err error
		if uid, err = strconv.Atoi(whose); err != nil || uid < 0 {
			ok = false
		}
	}
	if !ok || name == "" {
		return fail.New(fail.CodeInput, "unit is %q, need system/NAME or UID/NAME", text)
	}
	g.unit = &unit{name: name, uid: uid, begun: true}
	return nil
}

// Give names the user, by its ID here, who is to rule the group from inside:
// where a container sees no group but its own and may write there (runtime-spec
// config-linux.md, "Cgroup ownership").
func (g *Group) Give(uid int) { g.owner = &uid }

// give does so, once the group is there. The kernel lists the files; the limits
// are not among them.
func (g *Group) give() error {
	dir := g.dirs[""]
	if g.owner == nil || g.mode != V2 || dir == "" || *g.owner == os.Geteuid() {
		return nil
	}
	text, err := os.ReadFile("/sys/kernel/cgroup/delegate")
	if os.IsNotExist(err) { // before Linux 4.15
		text = []byte("cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n")
	} else if err != nil {
		return err
	}
	for _, file := range append([]string{""}, strings.Fields(string(text))...) {
		err := unix.Fchownat(unix.AT_FDCWD, filepath.Join(dir, file), *g.owner, -1, unix.AT_SYMLINK_NOFOLLOW)
		if err == unix.EPERM && unix.Geteuid() != 0 {
			return nil // a user has no right to give, and the specification says may
		}
		if err != nil && err != unix.ENOENT {
			return &fail.Error{Member: "/linux/cgroupsPath", Op: "change the owner of " + filepath.Join(dir, file), Cause: err}
		}
	}
	return nil
}
