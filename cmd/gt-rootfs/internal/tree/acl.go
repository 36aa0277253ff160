package tree

import (
	"encoding/binary"
	"fmt"
	"os/user"
	"slices"
	"strconv"
	"strings"
)

// The binary form of a POSIX ACL in its attribute (include/uapi/linux/
// posix_acl_xattr.h): a version, then tag, permissions and id of each entry.
const (
	aclVersion  = 2
	tagUserObj  = 0x01
	tagUser     = 0x02
	tagGroupObj = 0x04
	tagGroup    = 0x08
	tagMask     = 0x10
	tagOther    = 0x20
	noID        = 1<<32 - 1
)

type aclEntry struct {
	tag  uint16
	perm uint16
	id   uint32
}

// ACLs appends the attributes of an access and a default ACL in text form
// (acl(5), long or short, with star's numeric id as a fourth field). A name
// without a number is looked up on this host, as GNU tar does.
func ACLs(list []Xattr, access, inherited string) ([]Xattr, error) {
	for _, a := range []struct{ name, text string }{{aclAccess, access}, {aclDefault, inherited}} {
		if strings.TrimSpace(a.text) == "" {
			continue
		}
		value, err := parseACL(a.text)
		if err != nil {
			return nil, fmt.Errorf("acl %q: %w", a.text, err)
		}
		list = append(list, Xattr{a.name, value})
	}
	return list, nil
}

func parseACL(text string) ([]byte, error) {
	var entries []aclEntry
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' }) {
		if line, _, _ = strings.Cut(line, "#"); strings.TrimSpace(line) == "" {
			continue
		}
		e, err := parseEntry(strings.TrimSpace(line))
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	// The kernel wants them by tag, then by id (posix_acl(5)).
	slices.SortFunc(entries, func(a, b aclEntry) int {
		if a.tag != b.tag {
			return int(a.tag) - int(b.tag)
		}
		return int(int64(a.id) - int64(b.id))
	})
	out := binary.LittleEndian.AppendUint32(nil, aclVersion)
	for _, e := range entries {
		out = binary.LittleEndian.AppendUint16(out, e.tag)
		out = binary.LittleEndian.AppendUint16(out, e.perm)
		out = binary.LittleEndian.AppendUint32(out, e.id)
	}
	return out, nil
}

func parseEntry(line string) (aclEntry, error) {
	f := strings.Split(line, ":")
	e := aclEntry{id: noID}
	if len(f) < 3 {
		return e, fmt.Errorf("%q, need tag:name:permissions", line)
	}
	named := f[1] != ""
	var look func(string) (string, error)
	switch strings.TrimSpace(f[0]) {
	case "user", "u":
		if e.tag = tagUserObj; named {
			e.tag, look = tagUser, uidOf
		}
	case "group", "g":
		if e.tag = tagGroupObj; named {
			e.tag, look = tagGroup, gidOf
		}
	case "mask", "m":
		e.tag = tagMask
	case "other", "o":
		e.tag = tagOther
	default:
		return e, fmt.Errorf("%q is no tag", f[0])
	}
	for _, c := range f[2] {
		switch c {
		case 'r':
			e.perm |= 4
		case 'w':
			e.perm |= 2
		case 'x':
			e.perm |= 1
		case '-', ' ':
		default:
			return e, fmt.Errorf("%q are no permissions", f[2])
		}
	}
	if !named {
		return e, nil
	}
	if look == nil {
		return e, fmt.Errorf("%q names a %s", line, f[0])
	}
	id, err := number(f, look)
	e.id = id
	return e, err
}

func number(f []string, look func(string) (string, error)) (uint32, error) {
	text := f[1]
	if len(f) > 3 && f[3] != "" {
		text = f[3]
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		if text, err = look(f[1]); err != nil {
			return 0, err
		}
		n, err = strconv.ParseUint(text, 10, 32)
	}
	if err == nil && n == noID {
		err = fmt.Errorf("id %d, need 0 to 4294967294", n)
	}
	return uint32(n), err
}

func uidOf(name string) (string, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return "", err
	}
	return u.Uid, nil
}

func gidOf(name string) (string, error) {
	g, err := user.LookupGroup(name)
	if err != nil {
		return "", err
	}
	return g.Gid, nil
}
