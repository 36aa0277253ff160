package idmap

import (
	"bytes"
	"os"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// The files of subordinate IDs, and the one with the users' names.
const (
	subUID = "/etc/subuid"
	subGID = "/etc/subgid"
	passwd = "/etc/passwd"
)

// A Grant is one line of /etc/subuid or /etc/subgid: the IDs from First on that
// a user may map.
type Grant struct {
	User  string // name or decimal UID
	First uint32
	Count uint32
}

// ParseGrants reads the text of subuid or subgid. A line that is not
// user:first:count with IDs below 2^32-1 grants nothing, as in shadow's own
// reader, and does not stop the lines after it.
func ParseGrants(text []byte) []Grant {
	var list []Grant
	for line := range bytes.Lines(text) {
		words := strings.Split(strings.TrimSpace(string(line)), ":")
		if len(words) != 3 || words[0] == "" || words[0][0] == '#' {
			continue
		}
		first, err := strconv.ParseUint(words[1], 10, 32)
		if err != nil {
			continue
		}
		count, err := strconv.ParseUint(words[2], 10, 32)
		if err != nil || count == 0 || first+count-1 > maxID {
			continue
		}
		list = append(list, Grant{User: words[0], First: uint32(first), Count: uint32(count)})
	}
	return list
}

// UserName is the name of a UID in a passwd file, or "" if it has none.
func UserName(text []byte, uid int) string {
	id := strconv.Itoa(uid)
	for line := range bytes.Lines(text) {
		words := strings.SplitN(string(line), ":", 4)
		if len(words) == 4 && words[2] == id {
			return words[0]
		}
	}
	return ""
}

// grants are the lines of a file that speak of the user with this UID, by name
// or number. A missing file grants nothing.
func grants(file string, uid int) ([]Grant, error) {
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	users, err := os.ReadFile(passwd)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	name, id := UserName(users, uid), strconv.Itoa(uid)
	var list []Grant
	for _, g := range ParseGrants(text) {
		if g.User == id || name != "" && g.User == name {
			list = append(list, g)
		}
	}
	return list, nil
}

// Default is the maps for a user without privilege: container 0 is the user,
// 1 and up are the subordinate IDs, as far as there are any.
func Default() (Maps, error) {
	uids, err := grants(subUID, os.Getuid())
	if err != nil {
		return Maps{}, err
	}
	gids, err := grants(subGID, os.Getuid())
	if err != nil {
		return Maps{}, err
	}
	return Maps{UID: stack(os.Geteuid(), uids), GID: stack(os.Getegid(), gids)}, nil
}

// maxStack lines of the longest numbers fit into one write to uid_map.
const maxStack = 120

// stack puts the grants one upon the other, above the own ID as 0.
func stack(own int, list []Grant) Map {
	m := Map{{ContainerID: 0, HostID: uint32(own), Size: 1}}
	next := uint64(1)
	for _, g := range list {
		size := min(uint64(g.Count), maxID+1-next)
		if size == 0 || len(m) == maxStack {
			break
		}
		line := specs.LinuxIDMapping{ContainerID: uint32(next), HostID: g.First, Size: uint32(size)}
		if meets(m, line) {
			continue // two lines of the file grant the same IDs
		}
		m = append(m, line)
		next += size
	}
	return m
}

func meets(m Map, l specs.LinuxIDMapping) bool {
	for _, x := range m {
		if uint64(l.HostID) < uint64(x.HostID)+uint64(x.Size) && uint64(x.HostID) < uint64(l.HostID)+uint64(l.Size) {
			return true
		}
	}
	return false
}
