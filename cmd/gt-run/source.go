package main

import (
	"os"
	"path/filepath"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Kinds of root filesystem, as the bundle's marker records them.
const (
	kindDir     = "dir"
	kindArchive = "archive"
	kindTiny    = "tiny"
	kindHost    = "host"
)

// A source is where a root filesystem comes from.
type source struct {
	kind string
	path string // absolute, or the word that gt-rootfs knows
}

func find(rootfs string) (source, error) {
	if rootfs == kindTiny || rootfs == kindHost {
		return source{rootfs, rootfs}, nil
	}
	path, err := filepath.Abs(rootfs)
	if err != nil {
		return source{}, fail.Usage("--rootfs: %w", err)
	}
	fi, err := os.Stat(path)
	switch {
	case err != nil:
		return source{}, fail.New(fail.CodeNoSuch, "--rootfs: %w", err)
	case fi.IsDir() && layout(path):
		return source{kindArchive, path}, nil
	case fi.IsDir():
		// Links in the name are for the caller to follow, not for the container's birth.
		path, err = filepath.EvalSymlinks(path)
		return source{kindDir, path}, err
	case fi.Mode().IsRegular():
		return source{kindArchive, path}, nil
	}
	return source{}, fail.Usage("--rootfs: %s is neither a directory nor a file", rootfs)
}

// layout tells a directory that holds an OCI image (image-spec, image-layout.md),
// which gt-rootfs reads, from one that is a root.
func layout(dir string) bool {
	for _, name := range []string{"oci-layout", "index.json"} {
		if fi, err := os.Stat(filepath.Join(dir, name)); err != nil || !fi.Mode().IsRegular() {
			return false
		}
	}
	return true
}

// inPlace is the path of a root that is not copied, else empty.
func (s source) inPlace() string {
	if s.kind == kindDir {
		return s.path
	}
	return ""
}
