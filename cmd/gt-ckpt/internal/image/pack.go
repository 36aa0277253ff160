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

// The signature is a member behind the manifest that it signs.
const SignatureName = "manifest.sig"

// Sealing is what is done to a stream beside compressing it.
type Sealing struct {
	Recipients []age.Recipient    // encrypts it, if there are any
	Key        ed25519.PrivateKey // signs it, if it is not nil
}

// Pack writes the checkpoint in dir as one stream:
//
//	age( zstd( tar( members in order, manifest.json, manifest.sig ) ) )
//
// The manifest comes last, so that nothing has to be read twice: it has the
// digests of what went before.
func Pack(out io.Writer, dir string, m *Manifest, how *Sealing) error {
	var last []io.Closer
	w := out
	if len(how.Recipients) > 0 {
		enc, err := age.Encrypt(w, how.Recipients...)
		if err != nil {
			return err
		}
		w, last = enc, append(last, enc)
	}
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return err
	}
	if err := packMembers(tar.NewWriter(z), dir, m, how.Key); err != nil {
		_ = z.Close()
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	for _, c := range last {
		if err := c.Close(); err != nil {
			return err
		}
	}
	return nil
}

func packMembers(t *tar.Writer, dir string, m *Manifest, key ed25519.PrivateKey) error {
	whole := *m
	whole.Files = make([]File, 0, len(m.Files))
	for _, f := range m.Files {
		sum, err := packFile(t, filepath.Join(dir, f.Name), f)
		if err != nil {
			return err
		}
		f.SHA256 = sum
		whole.Files = append(whole.Files, f)
	}
	text, err := whole.Encode()
	if err != nil {
		return err
	}
	if err := packBytes(t, ManifestName, text); err != nil {
		return err
	}
	if key != nil {
		if err := packBytes(t, SignatureName, ed25519.Sign(key, text)); err != nil {
			return err
		}
	}
	return t.Close()
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
