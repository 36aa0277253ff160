package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/state"
)

// A Record is one interface of one container: what was asked for, what is made
// for it on the host, and who the container is.
type Record struct {
	ID       string `json:"id"`
	IfName   string `json:"ifname"`
	Mode     string `json:"mode"`
	Done     bool   `json:"done"` // false: being made, or its maker was killed
	Bundle   string `json:"bundle,omitempty"`
	NetNS    string `json:"netns"`              // a path of the network namespace
	Inode    uint64 `json:"inode"`              // of that namespace
	Pid      int    `json:"pid,omitempty"`      // the container's first process
	PidStart uint64 `json:"pidStart,omitempty"` // field 22 of /proc/PID/stat
	BootID   string `json:"bootId"`

	Network   string   `json:"network,omitempty"`
	HostLink  string   `json:"hostLink,omitempty"` // the host's end of the pair
	IFB       string   `json:"ifb,omitempty"`      // the link that shapes what the container sends
	Parent    string   `json:"parent,omitempty"`
	VLAN      int      `json:"vlan,omitempty"`
	MAC       string   `json:"mac,omitempty"`
	MTU       int      `json:"mtu,omitempty"`
	Addresses []string `json:"addresses,omitempty"` // with the length of the prefix
	Gateways  []string `json:"gateways,omitempty"`
	Routes    []string `json:"routes,omitempty"` // "DST [GATEWAY]"
	Ports     []Port   `json:"ports,omitempty"`
	RateIn    uint64   `json:"rateIn,omitempty"` // bits a second
	RateOut   uint64   `json:"rateOut,omitempty"`
	Names     []string `json:"names,omitempty"` // what others on the network call it
	Files     bool     `json:"files,omitempty"` // hosts and resolv.conf are ours
	Egress    *Egress  `json:"egress,omitempty"`
	CNI       *CNI     `json:"cni,omitempty"`
	Relay     *Relay   `json:"relay,omitempty"`
	Plugin    string   `json:"plugin,omitempty"` // the CNI network for which gt-net was the plugin
	Hosts     []string `json:"hosts,omitempty"`  // more lines of the hosts file
}

// Egress is where a container may send.
type Egress struct {
	Monitor bool     `json:"monitor,omitempty"` // report only
	Allow   []string `json:"allow"`             // CIDR or CIDR,tcp,443
	Asked   []string `json:"asked,omitempty"`   // as the user wrote it, with names
}

// Relay is the process that carries the packets of a container without root.
type Relay struct {
	Base     string `json:"base"` // its files, and what its command line is known by
	Pid      int    `json:"pid,omitempty"`
	PidStart uint64 `json:"pidStart,omitempty"`
}

// CNI is a chain that was run for the container.
type CNI struct {
	Name   string            `json:"name"`
	List   string            `json:"list"` // the conflist as it was then
	Bin    []string          `json:"bin"`
	Args   map[string]string `json:"args,omitempty"`
	Caps   map[string]any    `json:"capabilities,omitempty"`
	Result any               `json:"result,omitempty"`
}

// Key names the record; neither part can hold an @.
func (r *Record) Key() string { return r.ID + "@" + r.IfName }

func (d *Dir) record(key string) string { return filepath.Join(d.records(), key+".json") }

// LockKey waits for the right to change one attachment.
func (d *Dir) LockKey(key string) (*Lock, error) {
	return d.lock(filepath.Join(d.records(), key+".lock"))
}

// Put keeps the record, and links it as net.json into the container's entry if
// it has one.
func (d *Dir) Put(r *Record) error {
	if err := write(d.record(r.Key()), r); err != nil {
		return err
	}
	err := os.Symlink(d.record(r.Key()), filepath.Join(d.Root, r.ID, "net.json"))
	if errors.Is(err, os.ErrExist) || errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	return err
}

// Get reads a record; os.ErrNotExist if there is none.
func (d *Dir) Get(key string) (*Record, error) {
	r := &Record{}
	return r, read(d.record(key), r)
}

// Drop forgets an attachment, its files and its lock.
func (d *Dir) Drop(r *Record) error {
	link := filepath.Join(d.Root, r.ID, "net.json")
	if to, err := os.Readlink(link); err == nil && to == d.record(r.Key()) {
		if err := remove(link); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(d.FilesDir(r.Key())); err != nil {
		return err
	}
	if err := remove(d.record(r.Key())); err != nil {
		return err
	}
	return remove(filepath.Join(d.records(), r.Key()+".lock"))
}

// FilesDir is where the files of an attachment lie that the container sees.
func (d *Dir) FilesDir(key string) string { return filepath.Join(d.records(), key+".files") }

// Keys lists the attachments of a container, or of all with "".
func (d *Dir) Keys(id string) ([]string, error) {
	names, err := os.ReadDir(d.records())
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, n := range names {
		key, ok := strings.CutSuffix(n.Name(), ".json")
		if ok && !strings.HasPrefix(key, ".") && (id == "" || strings.HasPrefix(key, id+"@")) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// Alive tells whether the namespace of the record is still the container's.
// One that cannot be asked counts as alive: nothing is taken from it.
func (r *Record) Alive() bool {
	if boot, err := state.BootID(); err == nil && boot != r.BootID {
		return false
	}
	if r.Pid > 0 {
		alive, err := state.Alive(r.Pid, r.PidStart)
		return alive || err != nil
	}
	var st unix.Stat_t
	err := unix.Stat(r.NetNS, &st)
	if err == nil {
		return st.Ino == r.Inode
	}
	return !errors.Is(err, unix.ENOENT)
}
