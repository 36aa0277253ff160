package image

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Opening is what a stream needs to be read, and to be believed.
type Opening struct {
	Identities []age.Identity    // to decrypt it
	Trusted    ed25519.PublicKey // who has to have signed it; nil is anybody
	Unlisted   bool              // an archive without a manifest will do
}

// mostRounds is what --max-rounds allows.
const mostRounds = 99

// MaxMembers bounds the number of a stream's members.
const MaxMembers = 1 << 20

var (
	ageMagic  = []byte("age-encryption.org/v1")
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// Unpack reads a stream into dir, which is empty and the caller's, and returns
// its manifest once all was held against it. Nothing of a stream that is cut,
// changed or foreign is to be used.
func Unpack(in io.Reader, dir string, how *Opening) (*Manifest, error) {
	r, end, err := plain(bufio.NewReaderSize(in, 1<<20), how)
	if err != nil {
		return nil, err
	}
	defer end()
	u := &unpacking{dir: dir, sums: map[string]File{}}
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, broken(err)
		}
		if err := u.member(h, t); err != nil {
			return nil, err
		}
	}
	// To the end: the checksum of zstd and the last chunk of age are there.
	if _, err := io.Copy(io.Discard, r); err != nil {
		return nil, broken(err)
	}
	if u.manifest == nil && how.Unlisted && how.Trusted == nil {
		return foreign(dir, u.sums)
	}
	return u.finish(how.Trusted)
}

func broken(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fail.New(fail.CodeInput, "checkpoint ends too early")
	case errors.Is(err, os.ErrClosed):
		return err
	}
	return fail.New(fail.CodeInput, "read checkpoint: %w", err)
}

// plain takes encryption and compression off.
func plain(in *bufio.Reader, how *Opening) (io.Reader, func(), error) {
	none := func() {}
	head, err := in.Peek(len(ageMagic))
	if err != nil && len(head) < len(zstdMagic) {
		if len(head) == 0 {
			return nil, none, fail.New(fail.CodeInput, "have nothing, need a checkpoint")
		}
		return nil, none, fail.New(fail.CodeInput, "checkpoint ends too early")
	}
	if bytes.Equal(head, ageMagic) {
		if len(how.Identities) == 0 {
			return nil, none, fail.New(fail.CodePermission, "checkpoint is encrypted, need --identity")
		}
		clear, err := age.Decrypt(in, how.Identities...)
		if err != nil {
			return nil, none, fail.New(fail.CodePermission, "decrypt checkpoint: %w", err)
		}
		in = bufio.NewReaderSize(clear, 1<<20)
		if head, err = in.Peek(len(zstdMagic)); err != nil {
			return nil, none, broken(err)
		}
	}
	if !bytes.HasPrefix(head, zstdMagic) {
		return in, none, nil // a bare tar, as Podman writes without compression
	}
	z, err := zstd.NewReader(in, zstd.WithDecoderMaxMemory(1<<30))
	if err != nil {
		return nil, none, err
	}
	return z, z.Close, nil
}

// unpacking is one stream on its way to a directory.
type unpacking struct {
	dir       string
	sums      map[string]File
	manifest  []byte
	signature []byte
}

func (u *unpacking) member(h *tar.Header, r io.Reader) error {
	if dir := strings.TrimSuffix(h.Name, "/"); h.Typeflag == tar.TypeDir && (dir == ImagesDir || dir == "artifacts") {
		return nil
	}
	if h.Typeflag != tar.TypeReg {
		return fail.New(fail.CodeUnsafe, "checkpoint has a member %q that is no regular file", h.Name)
	}
	if len(u.sums) >= MaxMembers {
		return fail.New(fail.CodeLimit, "checkpoint has more than %d members", MaxMembers)
	}
	var err error
	switch h.Name {
	case ManifestName:
		if u.manifest != nil {
			return fail.New(fail.CodeUnsafe, "checkpoint has %s twice", h.Name)
		}
		u.manifest, err = bounded(r, h.Size, MaxManifest)
		return err
	case SignatureName:
		u.signature, err = bounded(r, h.Size, ed25519.SignatureSize)
		return err
	}
	if err := CheckName(h.Name); err != nil {
		return err
	}
	if _, ok := u.sums[h.Name]; ok {
		return fail.New(fail.CodeUnsafe, "checkpoint has %s twice", h.Name)
	}
	return u.file(h, r)
}

func bounded(r io.Reader, size, most int64) ([]byte, error) {
	if size > most {
		return nil, fail.New(fail.CodeInput, "checkpoint has a manifest of %d bytes, need at most %d", size, most)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, broken(err)
	}
	return b, nil
}

func (u *unpacking) file(h *tar.Header, r io.Reader) error {
	path := filepath.Join(u.dir, h.Name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), r)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		var at *os.PathError
		if errors.As(err, &at) {
			return err
		}
		return broken(err)
	}
	u.sums[h.Name] = File{Name: h.Name, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}
	return nil
}

// finish compares what came with what the manifest says, both ways.
func (u *unpacking) finish(trusted ed25519.PublicKey) (*Manifest, error) {
	if u.manifest == nil {
		return nil, fail.New(fail.CodeInput, "checkpoint has no %s: it is cut, or not of gt-ckpt, need restore --no-manifest for one of Podman or CRI-O", ManifestName)
	}
	if trusted != nil {
		if u.signature == nil {
			return nil, fail.New(fail.CodePermission, "checkpoint is not signed, need a signature of --verify's key")
		}
		if !ed25519.Verify(trusted, u.manifest, u.signature) {
			return nil, fail.New(fail.CodePermission, "signature of the checkpoint is not of --verify's key")
		}
	}
	m, err := Decode(u.manifest)
	if err != nil {
		return nil, err
	}
	listed := map[string]bool{}
	for _, want := range m.Files {
		have, ok := u.sums[want.Name]
		switch {
		case !ok:
			return nil, fail.New(fail.CodeInput, "checkpoint lacks %s", want.Name)
		case want.SHA256 == "":
			return nil, fail.New(fail.CodeInput, "manifest has no digest of %s", want.Name)
		case have.SHA256 != want.SHA256 || have.Size != want.Size:
			return nil, fail.New(fail.CodeInput, "%s was changed: its digest is %s, need %s", want.Name, short(have.SHA256), short(want.SHA256))
		}
		listed[want.Name] = true
	}
	for name := range u.sums {
		if !listed[name] {
			return nil, fail.New(fail.CodeUnsafe, "checkpoint has %s, which its manifest does not list", name)
		}
	}
	if m.Rounds < 0 || m.Rounds > mostRounds {
		return nil, fail.New(fail.CodeInput, "checkpoint has %d rounds, need at most %d", m.Rounds, mostRounds)
	}
	if err := Chain(u.dir, m.Rounds); err != nil {
		return nil, fail.New(fail.CodeInput, "checkpoint lacks images of its rounds: %w", err)
	}
	return m, os.WriteFile(filepath.Join(u.dir, ManifestName), u.manifest, 0o600)
}
