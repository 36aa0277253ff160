package image

import (
	"archive/tar"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// SignatureName is of a member behind the manifest, which it signs.
const SignatureName = "manifest.sig"

// Sealing is what is done to a stream beside compressing it.
type Sealing struct {
	Recipients []age.Recipient    // encrypts it, if there are any
	Key        ed25519.PrivateKey // signs it, if it is not nil
}

// A Packer writes a checkpoint as one stream:
//
//	age( zstd( tar( members in order, manifest.json, manifest.sig ) ) )
//
// The manifest comes last, so that nothing has to be read twice, and rounds can
// go ahead of what follows them: it has the digests of what went before.
type Packer struct {
	tar     *tar.Writer
	closers []io.Closer // in order
	key     ed25519.PrivateKey
	sent    map[string]bool
	files   []File
}

// NewPacker begins a stream; out stays the caller's.
func NewPacker(out io.Writer, how *Sealing) (*Packer, error) {
	p := &Packer{key: how.Key, sent: map[string]bool{}}
	w := out
	if len(how.Recipients) > 0 {
		enc, err := age.Encrypt(w, how.Recipients...)
		if err != nil {
			return nil, err
		}
		w, p.closers = enc, []io.Closer{enc}
	}
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, err
	}
	p.tar, p.closers = tar.NewWriter(z), append([]io.Closer{z}, p.closers...)
	// checkpointctl takes an archive without it for none of a checkpoint.
	return p, p.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: ImagesDir + "/", Mode: 0o700})
}

// Add writes the members in dir that have not been written yet.
func (p *Packer) Add(dir string, files []File) error {
	for _, f := range files {
		if p.sent[f.Name] {
			continue
		}
		sum, err := packFile(p.tar, filepath.Join(dir, f.Name), f)
		if err != nil {
			return err
		}
		f.SHA256 = sum
		p.files = append(p.files, f)
		p.sent[f.Name] = true
	}
	return nil
}

// Finish writes the manifest, with the members that were added, and ends the
// stream.
func (p *Packer) Finish(m *Manifest) error {
	whole := *m
	whole.Files = p.files
	text, err := whole.Encode()
	if err != nil {
		return err
	}
	if err := packBytes(p.tar, ManifestName, text); err != nil {
		return err
	}
	if p.key != nil {
		if err := packBytes(p.tar, SignatureName, ed25519.Sign(p.key, text)); err != nil {
			return err
		}
	}
	for _, c := range append([]io.Closer{p.tar}, p.closers...) {
		if err := c.Close(); err != nil {
			return err
		}
	}
	return nil
}

// Pack writes the checkpoint in dir as one stream.
func Pack(out io.Writer, dir string, m *Manifest, how *Sealing) error {
	p, err := NewPacker(out, how)
	if err == nil {
		err = p.Add(dir, m.Files)
	}
	if err != nil {
		return err
	}
	return p.Finish(m)
}

func packFile(t *tar.Writer, path string, want File) (string, error) {
	f, err := open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: want.Name, Size: want.Size, Mode: 0o600}); err != nil {
		return "", err
	}
	h := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(t, h), f, want.Size); err != nil {
		return "", &os.PathError{Op: "read", Path: path, Err: err}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func packBytes(t *tar.Writer, name string, b []byte) error {
	if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(b)), Mode: 0o600}); err != nil {
		return err
	}
	_, err := io.Copy(t, bytes.NewReader(b))
	return err
}
