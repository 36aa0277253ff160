package sandbox

import (
	"encoding/json"
	"os"

	"github.com/gophertainer/gophertainer/lib/landlock"
	"github.com/gophertainer/gophertainer/lib/plugin"
)

// rules are the annotation that lib/landlock reads.
type rules struct {
	Paths   map[string][]string `json:"paths,omitempty"`
	Bind    *[]uint16           `json:"bind,omitempty"` // none; a list that is absent allows all
	Connect *[]uint16           `json:"connect,omitempty"`
	Scope   []string            `json:"scope,omitempty"`
	ABI     int                 `json:"abi"`
}

// confinement makes the annotation with what a kernel of the Landlock ABI can
// hold a plugin to, nil for nothing. Rules for files forbid every mount
// (landlock(7)), so a plugin that was granted a path to mount below is held to
// those for ports and scopes alone.
func confinement(needs *plugin.PluginNeeds, abi int) (map[string]string, error) {
	r := rules{ABI: min(abi, 6)} // what ABI 7 brought is about audit logs
	if abi >= 1 && !mounting(needs) {
		r.Paths = paths(needs)
	}
	if abi >= 4 && !needs.Network {
		r.Bind, r.Connect = &[]uint16{}, &[]uint16{}
	}
	if abi >= 6 { // what is abstract belongs to the network namespace (CVE-2020-15257)
		r.Scope = []string{"abstract_unix_socket", "signal"}
	}
	if r.Paths == nil && r.Bind == nil && r.Scope == nil {
		return nil, nil
	}
	text, err := json.Marshal(r)
	return map[string]string{landlock.Annotation: string(text)}, err
}

func mounting(needs *plugin.PluginNeeds) bool {
	for _, p := range needs.Paths {
		if p.Shared {
			return true
		}
	}
	return false
}

func paths(needs *plugin.PluginNeeds) map[string][]string {
	read, all := []string{"read", "execute"}, []string{"read", "write", "execute"}
	list := map[string][]string{"/dev": all, "/tmp": all, Data: all}
	for _, dir := range append([]string{"/etc", "/proc", inside, Names}, hostDirs...) {
		if _, err := os.Stat(dir); err == nil || dir == inside || dir == Names {
			list[dir] = read
		}
	}
	for _, p := range needs.Paths {
		list[p.Path] = read
		if p.Write {
			list[p.Path] = all
		}
	}
	return list
}
