package tar

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A record is one keyword of an extended header; an empty value takes back
// what a global header or the header itself said.
type record struct{ key, value string }

// records reads "LENGTH key=value\n" lines.
func records(data []byte) ([]record, error) {
	var list []record
	for len(data) > 0 {
		digits, _, ok := bytes.Cut(data, []byte{' '})
		n, err := strconv.ParseUint(string(digits), 10, 31)
		if !ok || err != nil || n > uint64(len(data)) || int(n) < len(digits)+4 || data[n-1] != '\n' {
			return nil, fmt.Errorf("record %d of the extended header has a wrong length", len(list)+1)
		}
		key, value, ok := strings.Cut(string(data[len(digits)+1:n-1]), "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("record %d of the extended header has no keyword", len(list)+1)
		}
		if strings.IndexByte(key, 0) >= 0 {
			return nil, fmt.Errorf("keyword %q of the extended header", key)
		}
		list = append(list, record{key, value})
		data = data[n:]
	}
	return list, nil
}

// own are keywords that describe one entry and mean mischief for all of them.
func own(key string) bool {
	switch key {
	case "path", "linkpath", "size":
		return true
	}
	return strings.HasPrefix(key, "GNU.sparse.")
}

// apply lays the records over the header.
func (e *Entry) apply(list []record, s *sparse) error {
	uid, gid := int64(e.UID), int64(e.GID)
	for _, r := range list {
		if r.value == "" && !strings.HasPrefix(r.key, xattrKey) {
			continue
		}
		var err error
		switch r.key {
		case "path":
			e.Name, err = plain(r.value)
		case "linkpath":
			e.Target, err = plain(r.value)
		case "size":
			e.Size, err = decimal(r.value)
		case "uid":
			uid, err = decimal(r.value)
		case "gid":
			gid, err = decimal(r.value)
		case "mtime":
			e.Mtime, err = stamp(r.value)
		case "SCHILY.acl.access":
			e.ACL = r.value
		case "SCHILY.acl.default":
			e.Default = r.value
		default:
			if strings.HasPrefix(r.key, sparseKey) {
				err = s.record(r.key[len(sparseKey):], r.value)
			} else {
				err = e.xattr(r.key, r.value)
			}
		}
		if err != nil {
			return broken(e.Name, "%s of the extended header: %w", Show(r.key), err)
		}
	}
	return e.owner(uid, gid)
}

const (
	xattrKey   = "SCHILY.xattr."
	archiveKey = "LIBARCHIVE.xattr."
	sparseKey  = "GNU.sparse."
)

// GNU tar writes the two bytes that a keyword cannot hold in this way.
var unescape = strings.NewReplacer("%3D", "=", "%25", "%")

func (e *Entry) xattr(key, value string) error {
	var x Xattr
	if name, ok := strings.CutPrefix(key, xattrKey); ok {
		x = Xattr{unescape.Replace(name), []byte(value)}
	} else if name, ok := strings.CutPrefix(key, archiveKey); ok {
		name, err := url.PathUnescape(name)
		if err != nil {
			return err
		}
		data, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(value, "="))
		if err != nil {
			return err
		}
		x = Xattr{name, data}
	} else {
		return nil // a comment, or times and numbers a file cannot be given
	}
	if x.Name == "" || strings.IndexByte(x.Name, 0) >= 0 {
		return fmt.Errorf("%q is no name of an attribute", x.Name)
	}
	for i := range e.Xattrs {
		if e.Xattrs[i].Name == x.Name {
			e.Xattrs[i] = x
			return nil
		}
	}
	e.Xattrs = append(e.Xattrs, x)
	return nil
}

func plain(name string) (string, error) {
	if strings.IndexByte(name, 0) >= 0 {
		return "", fmt.Errorf("%q holds a zero byte", name)
	}
	return name, nil
}

func decimal(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, errNumber(s)
	}
	return n, nil
}

// stamp reads seconds with a fraction, also before 1970: -1.5 is half a
// second after -2.
func stamp(s string) (time.Time, error) {
	whole, frac, _ := strings.Cut(s, ".")
	sec, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || sec > 1<<40 || sec < -1<<40 {
		return time.Time{}, errNumber(s)
	}
	var nsec int64
	if frac != "" {
		digits := (frac + "000000000")[:9]
		if nsec, err = strconv.ParseInt(digits, 10, 64); err != nil || nsec < 0 {
			return time.Time{}, errNumber(s)
		}
	}
	if strings.HasPrefix(whole, "-") {
		nsec = -nsec
	}
	return time.Unix(sec, nsec), nil
}
