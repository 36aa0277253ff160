package image

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// members are the names that a checkpoint may have beside CRIU's images.
var members = map[string]bool{
	ConfigName: true, SpecName: true, LogName: true, StatsName: true, ChangesName: true, DeletedName: true,
	"network.status": true, "bind.mounts": true, "status": true, "status.dump": true, "io.kubernetes.cri-o.LogPath": true,
	"descriptors.json": true, DevshmName: true, "ctr.log": true, "container.log": true, ImagesDir + "/" + ManifestName: true,
}

// CheckName refuses a member that is none of a checkpoint's: by allow-list,
// because CRIU opens what it finds.
func CheckName(name string) error {
	if members[name] {
		return nil
	}
	parts := strings.Split(name, "/")
	last := parts[len(parts)-1]
	for i, p := range parts[:len(parts)-1] {
		if (i == 0 && p != ImagesDir && !isRound(p)) || (i == 1 && !isRound(p)) || i > 1 {
			return unknown(name)
		}
	}
	if len(parts) == 1 || !isImage(last) {
		return unknown(name)
	}
	return nil
}

func unknown(name string) error {
	return fail.New(fail.CodeUnsafe, "checkpoint has a member %q, need images of CRIU and what gt-ckpt writes only", name)
}

// isImage: CRIU's files are named KIND-NUMBER.img, its statistics stats-KIND.
func isImage(name string) bool {
	if name == "descriptors.json" || name == StatsName || name == LogName {
		return true
	}
	base, ok := strings.CutSuffix(name, ".img")
	if !ok || base == "" || base[0] == '.' || base[0] == '-' {
		return false
	}
	for _, r := range base {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
		default:
			return false
		}
	}
	return true
}

// Round is the name of the directory of a round of pre-copy, the first is 1.
func Round(n int) string { return "round-" + strconv.Itoa(n) }

// Chain makes the links by which CRIU finds the rounds before, which no stream
// has: the last round is the one before the images, and so on.
func Chain(dir string, last int) error {
	at := filepath.Join(dir, ImagesDir)
	for n := last; n > 0; n-- {
		if err := os.Symlink("../"+Round(n), filepath.Join(at, parentLink)); err != nil {
			return err
		}
		at = filepath.Join(dir, Round(n))
	}
	return nil
}

// parentLink is CRIU's name of it.
const parentLink = "parent"

// isRound is a directory of a round of pre-copy.
func isRound(name string) bool {
	rest, ok := strings.CutPrefix(name, "round-")
	if !ok || rest == "" || len(rest) > 4 {
		return false
	}
	return strings.Trim(rest, "0123456789") == ""
}
