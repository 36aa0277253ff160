package image

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"io"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Digest is algorithm:hex of some content (image-spec, descriptor.md).
type Digest string

// Check refuses what is no digest we can compute; with it a digest is a safe
// file name too.
func (d Digest) Check() error {
	algorithm, text, _ := strings.Cut(string(d), ":")
	size := map[string]int{"sha256": sha256.Size, "sha512": sha512.Size}[algorithm]
	if size == 0 {
		return fail.New(fail.CodeInput, "digest %.80q, need sha256:… or sha512:…", string(d))
	}
	if b, err := hex.DecodeString(text); err != nil || len(b) != size || strings.ToLower(text) != text {
		return fail.New(fail.CodeInput, "digest %.160q, need %d hexadecimal digits", string(d), 2*size)
	}
	return nil
}

// Hex is the part after the colon.
func (d Digest) Hex() string {
	_, text, _ := strings.Cut(string(d), ":")
	return text
}

func (d Digest) path() string {
	algorithm, text, _ := strings.Cut(string(d), ":")
	return "blobs/" + algorithm + "/" + text
}

// short is enough to find it by.
func (d Digest) short() string {
	if len(d) > 19 {
		return string(d[:19])
	}
	return string(d)
}

// Hash computes digests of the same kind.
func (d Digest) Hash() hash.Hash {
	if strings.HasPrefix(string(d), "sha512:") {
		return sha512.New()
	}
	return sha256.New()
}

// Compare refuses content whose sum is another one.
func (d Digest) Compare(sum hash.Hash) error {
	algorithm, _, _ := strings.Cut(string(d), ":")
	if have := algorithm + ":" + hex.EncodeToString(sum.Sum(nil)); have != string(d) {
		return fail.New(fail.CodeUnsafe, "content has digest %s, need %s", have, d)
	}
	return nil
}

// Sum is the digest of a sum of SHA-256.
func Sum(sum hash.Hash) Digest { return Digest("sha256:" + hex.EncodeToString(sum.Sum(nil))) }

// A verified reader ends with io.EOF only if all was as promised.
type verified struct {
	r    io.Reader
	sum  hash.Hash
	want Digest
	left int64 // -1: nobody said
}

func verify(r io.Reader, d Digest, size int64) (*verified, error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	return &verified{r, d.Hash(), d, size}, nil
}

func (v *verified) Read(p []byte) (int, error) {
	n, err := v.r.Read(p)
	_, _ = v.sum.Write(p[:n])
	if v.left >= 0 {
		if v.left -= int64(n); v.left < 0 {
			return 0, fail.New(fail.CodeUnsafe, "%s is longer than its descriptor says", v.want.short())
		}
	}
	if err != io.EOF { //nolint:errorlint // a reader returns the very value
		return n, err
	}
	if v.left > 0 {
		return n, fail.New(fail.CodeInput, "%s is cut off, %d bytes are missing", v.want.short(), v.left)
	}
	if bad := v.want.Compare(v.sum); bad != nil {
		return n, bad
	}
	return n, io.EOF
}
