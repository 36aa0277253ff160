package main

import (
	"os"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/account"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/config"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/volume"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// Security are the options that confine, or loosen.
type Security struct {
	NoNewPrivs  bool     `help:"Let no setuid program gain privileges."`
	Seccomp     *string  `placeholder:"PROFILE" help:"Seccomp profile: a file, or unconfined."`
	CapAdd      []string `sep:"none" placeholder:"CAPABILITY" help:"Give a capability beside Docker's 14, or ALL."`
	CapDrop     []string `sep:"none" placeholder:"CAPABILITY" help:"Take a capability, or ALL."`
	Privileged  bool     `help:"All capabilities and devices, no filter, no masks: no confinement to rely on."`
	SecurityOpt []string `sep:"none" placeholder:"OPTION" help:"no-new-privileges, seccomp=…, apparmor=…, label=…, mask=…, unmask=…, systempaths=unconfined."`
	Device      []string `sep:"none" placeholder:"HOST[:CONTAINER][:rwm]" help:"Give a device."`
	Sysctl      []string `sep:"none" placeholder:"NAME=VALUE" help:"Kernel parameter of the container's namespaces."`
	Userns      string   `placeholder:"MODE" help:"host (default of root), or UID:SIZE: IDs of the host that the container has."`
	GroupAdd    []string `sep:"none" placeholder:"GROUP" help:"Further group, by number or name."`
	Pid         string   `placeholder:"MODE" help:"host, or container:ID."`
	IPC         string   `name:"ipc" placeholder:"MODE" help:"host, or container:ID."`
	UTS         string   `name:"uts" placeholder:"MODE" help:"host."`
	Cgroupns    string   `placeholder:"MODE" help:"private (default) or host."`
}

// apply turns the options into members of the spec; those of seccomp are for
// later, when the capabilities are known.
func (s *Security) apply(w *wish) error {
	w.NoNewPrivs = w.NoNewPrivs || s.NoNewPrivs
	for _, step := range []func(*wish) error{s.options, s.capabilities, s.devices, s.sysctls, s.groups, s.spaces} {
		if err := step(w); err != nil {
			return err
		}
	}
	return nil
}

func (s *Security) options(w *wish) error {
	for _, text := range s.SecurityOpt {
		name, value, _ := strings.Cut(strings.Replace(text, ":", "=", 1), "=")
		switch {
		case name == "no-new-privileges" && value != "false":
			w.NoNewPrivs = true
		case name == "no-new-privileges":
		case name == "seccomp" && value != "":
			if s.Seccomp != nil {
				return fail.Usage("--security-opt seccomp and --seccomp are both there, need one")
			}
			s.Seccomp = &value
		case name == "apparmor" && value != "":
			w.Apparmor = value
		case name == "label" && value != "" && value != "disable":
			w.Label = strings.TrimPrefix(value, "label:")
		case text == "label=disable" || text == "label:disable":
		case name == "systempaths" && value == "unconfined":
			w.Unmask = append(w.Unmask, "ALL")
		case name == "unmask" && value != "":
			w.Unmask = append(w.Unmask, strings.Split(value, ":")...)
		case name == "mask" && strings.HasPrefix(value, "/"):
			w.Masked = append(w.Masked, strings.Split(value, ":")...)
		default:
			return fail.Usage("--security-opt: have %q, need no-new-privileges, seccomp=, apparmor=, label=, mask=, unmask= or systempaths=unconfined", text)
		}
	}
	return nil
}

// capabilities comes after identity: Capabilities are the usual ones by then.
func (s *Security) capabilities(w *wish) (err error) {
	own := config.Every() // a new user namespace grants them all
	if w.Rootless == nil {
		if own, err = config.Own(); err != nil {
			return err
		}
	}
	if s.Privileged {
		unconfined := unconfined
		w.Capabilities, w.Privileged = own, true
		if s.Seccomp == nil {
			s.Seccomp = &unconfined
		}
		w.Unmask = append(w.Unmask, "ALL")
	}
	w.Capabilities, err = config.Choose(w.Capabilities, own, s.CapAdd, s.CapDrop)
	return err
}

func (s *Security) devices(w *wish) error {
	for _, text := range s.Device {
		d, access, err := volume.Device(text)
		if err != nil {
			return fail.Usage("--device: %w", err)
		}
		w.Devices = append(w.Devices, config.Device{LinuxDevice: d, Access: access})
	}
	return nil
}

func (s *Security) sysctls(w *wish) error {
	for _, text := range s.Sysctl {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" || strings.ContainsAny(text, "\n\x00") {
			return fail.Usage("--sysctl: have %q, need NAME=VALUE", text)
		}
		if w.Sysctl == nil {
			w.Sysctl = map[string]string{}
		}
		w.Sysctl[name] = value
	}
	return nil
}

func (s *Security) groups(w *wish) error {
	for _, g := range s.GroupAdd {
		asked, err := account.ParseGroup(g)
		if err != nil {
			return fail.Usage("--group-add: %w", err)
		}
		w.groups = append(w.groups, asked)
	}
	return nil
}

// spaces shares namespaces with the host or another container.
func (s *Security) spaces(w *wish) error {
	for _, m := range []struct {
		option, mode string
		kind         specs.LinuxNamespaceType
		others       bool
	}{
		{"--pid", s.Pid, specs.PIDNamespace, true},
		{"--ipc", s.IPC, specs.IPCNamespace, true},
		{"--uts", s.UTS, specs.UTSNamespace, false},
		{"--cgroupns", s.Cgroupns, specs.CgroupNamespace, false},
	} {
		id, other := strings.CutPrefix(m.mode, "container:")
		switch {
		case m.mode == "" || m.mode == "private":
		case m.mode == "host":
			w.Shared = append(w.Shared, specs.LinuxNamespace{Type: m.kind})
		case other && m.others && id != "":
			pid, err := processOf(w.root, id)
			if err != nil {
				return err
			}
			file := map[specs.LinuxNamespaceType]string{specs.PIDNamespace: "pid", specs.IPCNamespace: "ipc"}[m.kind]
			w.Shared = append(w.Shared, specs.LinuxNamespace{Type: m.kind, Path: "/proc/" + pid + "/ns/" + file})
		default:
			return fail.Usage("%s: have %q, need %s", m.option, m.mode, modes(m.others))
		}
	}
	if s.UTS == "host" {
		if w.hostnamed {
			return fail.Usage("--uts host and --hostname are both there, need one")
		}
		w.Hostname = ""
	}
	return s.mapping(w)
}

func modes(others bool) string {
	if others {
		return "private, host or container:ID"
	}
	return "private or host"
}

// mapping gives the container a range of the host's IDs.
func (s *Security) mapping(w *wish) error {
	switch {
	case s.Userns == "" || s.Userns == "host" && w.Rootless == nil:
		return nil
	case w.Rootless != nil:
		return fail.Usage("--userns: have %q, need none: without root the caller is root in a namespace of his own", s.Userns)
	case w.source.kind != kindArchive:
		return fail.Usage("--userns: have --rootfs %s, need an archive or an image, whose owners can be moved", w.source.kind)
	}
	first, size, err := account.Range(s.Userns)
	if err != nil {
		return fail.Usage("--userns: %w", err)
	}
	if os.Geteuid() != 0 {
		return fail.Usage("--userns: caller is not root, need root")
	}
	w.Map = &config.Map{First: first, Size: size}
	return nil
}
