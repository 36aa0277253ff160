// Package chain runs the plugins of a CNI network in turn, by libcni.
package chain

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"

	"github.com/containernetworking/cni/libcni"
	"github.com/containernetworking/cni/pkg/types"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// Dirs are where plugins are looked for if nobody says.
var Dirs = []string{"/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"}

// Load finds the network in a directory of configurations and checks that the
// plugins have names and no paths (CVE-2021-20206).
func Load(dir, name string) (*libcni.NetworkConfigList, error) {
	if name == First {
		var err error
		if name, err = first(dir); err != nil {
			return nil, err
		}
	}
	list, err := libcni.LoadNetworkConf(dir, name)
	if err != nil {
		return nil, &fail.Error{Code: fail.CodeInput, Op: "--cni " + name + ": read " + dir, Cause: err}
	}
	return list, check(list)
}

// First is the name for the network whose file comes first, which engines take too.
const First = "-"

func first(dir string) (string, error) {
	files, err := libcni.ConfFiles(dir, []string{".conf", ".conflist", ".json"})
	if err != nil {
		return "", &fail.Error{Code: fail.CodeInput, Op: "--cni: read " + dir, Cause: err}
	}
	if len(files) == 0 {
		return "", fail.New(fail.CodeNoSuch, "--cni: %s describes no network, need one", dir)
	}
	slices.Sort(files)
	text, err := os.ReadFile(files[0])
	if err != nil {
		return "", err
	}
	var conf struct{ Name string }
	if err := json.Unmarshal(text, &conf); err != nil || conf.Name == "" {
		return "", fail.New(fail.CodeInput, "--cni: %s names no network, need one", files[0])
	}
	return conf.Name, nil
}

func check(list *libcni.NetworkConfigList) error {
	if len(list.Plugins) == 0 {
		return fail.New(fail.CodeInput, "network %s has no plugins, need one", list.Name)
	}
	for _, p := range list.Plugins {
		for kind, t := range map[string]string{"plugin": p.Network.Type, "ipam": p.Network.IPAM.Type} {
			if t == "" && kind == "ipam" {
				continue
			}
			if t == "" || t == "." || t == ".." || strings.Contains(t, "/") {
				return fail.New(fail.CodeUnsafe, "network %s: type of %s is %q, need a file name", list.Name, kind, t)
			}
		}
	}
	return nil
}

// A Run is one container and one network.
type Run struct {
	Cache string
	R     *store.Record
}

func (c *Run) open() (*libcni.CNIConfig, *libcni.NetworkConfigList, *libcni.RuntimeConf, error) {
	list, err := libcni.NetworkConfFromBytes([]byte(c.R.CNI.List))
	if err == nil {
		err = check(list)
	}
	if err != nil {
		return nil, nil, nil, err
	}
	if os.Getenv("PATH") == "" { // a hook has none; plugins start programs
		if err := os.Setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"); err != nil {
			return nil, nil, nil, err
		}
	}
	rt := &libcni.RuntimeConf{ContainerID: c.R.ID, NetNS: c.R.NetNS, IfName: c.R.IfName, CapabilityArgs: c.R.CNI.Caps}
	if !c.R.Alive() {
		rt.NetNS = ""
	}
	for k, v := range c.R.CNI.Args {
		rt.Args = append(rt.Args, [2]string{k, v})
	}
	slices.SortFunc(rt.Args, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	return libcni.NewCNIConfigWithCacheDir(c.R.CNI.Bin, c.Cache, nil), list, rt, nil
}

// Add asks whether the plugins are ready (CNI 1.1) and attaches; the result is
// kept in the record. Which plugin failed is in the error.
func (c *Run) Add() error {
	cni, list, rt, err := c.open()
	if err != nil {
		return err
	}
	ctx := context.Background()
	if err := cni.GetStatusNetworkList(ctx, list); err != nil {
		return explain(list.Name, "STATUS", err)
	}
	result, err := cni.AddNetworkList(ctx, list, rt)
	if err != nil {
		return explain(list.Name, "ADD", err)
	}
	c.R.CNI.Result = result
	return nil
}

// Check asks every plugin.
func (c *Run) Check() error {
	cni, list, rt, err := c.open()
	if err != nil {
		return err
	}
	ctx := context.Background()
	if err := cni.GetStatusNetworkList(ctx, list); err != nil {
		return explain(list.Name, "STATUS", err)
	}
	if err := cni.CheckNetworkList(ctx, list, rt); err != nil {
		return explain(list.Name, "CHECK", err)
	}
	return nil
}

// Del detaches, in the reverse order; as often as it is called.
func (c *Run) Del() error {
	cni, list, rt, err := c.open()
	if err != nil {
		return err
	}
	if err := cni.DelNetworkList(context.Background(), list, rt); err != nil {
		return explain(list.Name, "DEL", err)
	}
	return nil
}

// Collect tells the plugins which attachments are left (CNI 1.1, GC).
func (c *Run) Collect(left []*store.Record) error {
	cni, list, _, err := c.open()
	if err != nil {
		return err
	}
	args := &libcni.GCArgs{ValidAttachments: []types.GCAttachment{}}
	for _, r := range left {
		args.ValidAttachments = append(args.ValidAttachments, types.GCAttachment{ContainerID: r.ID, IfName: r.IfName})
	}
	if err := cni.GCNetworkList(context.Background(), list, args); err != nil {
		return explain(list.Name, "GC", err)
	}
	return nil
}

func explain(name, verb string, err error) error {
	return &fail.Error{Code: fail.CodeHost, Op: "CNI network " + name + ": " + verb, Cause: err}
}
