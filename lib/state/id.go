package state

import (
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// maxID is what a directory's name may have (NAME_MAX).
const maxID = 255

// CheckID refuses what cannot be an ID. As with runc it is a name of ASCII
// letters, digits and _+-. ; names that begin with a dot, and that of the event
// log, are the state directory's own.
func CheckID(id string) error {
	switch {
	case id == "":
		return fail.Usage("ID is empty, need one")
	case id == "." || id == "..":
		return fail.Usage("ID %q is a directory, need a name", id)
	case len(id) > maxID:
		return fail.Usage("ID has %d characters, need at most %d", len(id), maxID)
	}
	for _, r := range id {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		case strings.ContainsRune("_+-.", r):
		default:
			return fail.Usage("ID %q has %q, need letters, digits or one of _+.-", id, r)
		}
	}
	if id[0] == '.' || strings.HasPrefix(id, "events.jsonl") {
		return fail.Usage("ID %q is a name of the state directory's own, need another", id)
	}
	return nil
}
