package main

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// pack writes dir as a tar archive; the same content gives the same bytes.
func pack(dir string, to io.Writer, compress bool) error {
	var z *gzip.Writer
	if compress {
		z = gzip.NewWriter(to)
		to = z
	}
	t := tar.NewWriter(to)
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		return add(t, dir, name, e)
	})
	err = errors.Join(err, t.Close())
	if z != nil {
		err = errors.Join(err, z.Close())
	}
	return err
}

func add(t *tar.Writer, dir, name string, e fs.DirEntry) error {
	info, err := e.Info()
	if err != nil {
		return err
	}
	link := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		if link, err = os.Readlink(name); err != nil {
			return err
		}
	}
	h, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if h.Name, err = filepath.Rel(dir, name); err != nil {
		return err
	}
	h.Uname, h.Gname = "", ""
	if err := t.WriteHeader(h); err != nil || !info.Mode().IsRegular() {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(t, f)
	return err
}

// unpack stays below dir, whatever the archive says (os.Root).
func unpack(from io.Reader, dir string) error {
	b := bufio.NewReader(from)
	from = b
	if head, err := b.Peek(2); err == nil && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(b)
		if err != nil {
			return err
		}
		from = z
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for t := tar.NewReader(from); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = put(root, h, t)
		}
		if err != nil {
			return err
		}
	}
}

func put(root *os.Root, h *tar.Header, content io.Reader) error {
	mode := h.FileInfo().Mode()
	switch h.Typeflag {
	case tar.TypeDir:
		return root.Mkdir(h.Name, mode.Perm())
	case tar.TypeSymlink:
		return root.Symlink(h.Linkname, h.Name)
	case tar.TypeReg:
		f, err := root.OpenFile(h.Name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode.Perm())
		if err != nil {
			return err
		}
		_, err = io.Copy(f, content)
		return errors.Join(err, f.Close())
	}
	return fmt.Errorf("%s: have type %q, need a file, directory or link", h.Name, h.Typeflag)
}
