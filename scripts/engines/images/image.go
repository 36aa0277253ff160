package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// A blob is content under its digest.
type blob struct {
	kind, digest string
	data         []byte
}

func newBlob(kind string, data []byte) blob {
	sum := sha256.Sum256(data)
	return blob{kind, "sha256:" + hex.EncodeToString(sum[:]), data}
}

func (b blob) path() string { return "blobs/" + strings.Replace(b.digest, ":", "/", 1) }

func (b blob) descriptor() map[string]any {
	return map[string]any{"mediaType": b.kind, "digest": b.digest, "size": len(b.data)}
}

// An image is its manifest and what that names.
type image struct{ manifest, config, layer blob }

const oci = "application/vnd.oci.image."

// newImage packs a layer and a configuration.
func newImage(layer []byte, config map[string]any) (image, error) {
	l := newBlob(oci+"layer.v1.tar", layer)
	config["Env"] = []string{"PATH=/usr/local/bin:/usr/bin:/bin"}
	c, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux", "config": config,
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{l.digest}},
	})
	if err != nil {
		return image{}, err
	}
	cfg := newBlob(oci+"config.v1+json", c)
	m, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": oci + "manifest.v1+json",
		"config": cfg.descriptor(), "layers": []any{l.descriptor()},
	})
	return image{newBlob(oci+"manifest.v1+json", m), cfg, l}, err
}

// A file of a layer; one whose mode is a directory's has no text.
type file struct {
	name string
	mode int64
	text string
}

// root is what all images have: busybox, its applets as hard links (masking a
// symbolic link masks what it leads to) and this program under its names.
func root() ([]byte, error) {
	box, err := exec.LookPath("busybox")
	if err != nil {
		return nil, err
	}
	applets, err := exec.Command(box, "--list").Output()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, d := range []file{
		{"bin/", 0o755, ""},
		{"etc/", 0o755, ""},
		{"home/", 0o755, ""},
		{"root/", 0o700, ""},
		{"tmp/", 0o1777, ""},
		{"var/", 0o755, ""},
		{"var/run/", 0o777, ""},
		{"usr/", 0o755, ""},
		{"proc/", 0o755, ""},
		{"sys/", 0o755, ""},
		{"dev/", 0o755, ""},
		{"etc/passwd", 0o644, "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/home:/bin/sh\ndefault-user:x:1000:1000::/home:/bin/sh\nnobody:x:65534:65534::/home:/bin/sh\n"},
		{"etc/group", 0o644, "root:x:0:\nwww-data:x:33:\nusers:x:100:\ndefault-user:x:1000:\ngroup-defined-in-image:x:50000:default-user\n"},
		{"bin/pgrep", 0o755, "#!/bin/sh\nexec pidof \"$@\"\n"}, // not every busybox has it
	} {
		h := &tar.Header{Name: d.name, Mode: d.mode, Size: int64(len(d.text)), Typeflag: tar.TypeReg}
		if strings.HasSuffix(d.name, "/") {
			h.Typeflag = tar.TypeDir
		}
		if err := add(w, h, []byte(d.text)); err != nil {
			return nil, err
		}
	}
	if err := program(w, box, "busybox", strings.Fields(string(applets))); err != nil {
		return nil, err
	}
	if err := program(w, self, "page", []string{"nginx", "httpd", "ipcs", "pause"}); err != nil {
		return nil, err
	}
	if err := program(w, self, setuid, nil); err != nil {
		return nil, err
	}
	return b.Bytes(), w.Close()
}

// ours are names that are not busybox's applets here.
var ours = map[string]bool{"busybox": true, "nginx": true, "ipcs": true, "pgrep": true, "httpd": true, "pause": true}

// setuid is the program that shows what no_new_privs does.
const setuid = "nonewprivs"

func program(w *tar.Writer, from, name string, links []string) error {
	mode := int64(0o755)
	if name == setuid {
		mode = 0o4755
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := add(w, &tar.Header{Name: "bin/" + name, Mode: mode, Size: int64(len(data)), Typeflag: tar.TypeReg}, data); err != nil {
		return err
	}
	for _, l := range links {
		if name == "busybox" && ours[l] {
			continue
		}
		if err := add(w, &tar.Header{Name: "bin/" + l, Linkname: "bin/" + name, Mode: mode, Typeflag: tar.TypeLink}, nil); err != nil {
			return err
		}
	}
	return nil
}

func add(w *tar.Writer, h *tar.Header, data []byte) error {
	if err := w.WriteHeader(h); err != nil {
		return err
	}
	_, err := w.Write(data)
	return err
}
