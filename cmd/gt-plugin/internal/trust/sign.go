package trust

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"aead.dev/minisign"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Suffix of a signature: FILE.minisig beside FILE, as minisign(1) writes it.
const Suffix = ".minisig"

// Keys is the default trust store: files *.pub as minisign(1) writes them.
const Keys = "/etc/gophertainer/plugin-keys"

const maxSignature = 64 << 10

// Verify checks the signature of f against the keys in the trust store and
// notes the key. Owner and mode of the store are checked as a plugin's are.
func (f *File) Verify(store string) error {
	keys, err := readKeys(store)
	if err != nil {
		return err
	}
	text, err := Read(filepath.Dir(f.Path), filepath.Base(f.Path)+Suffix)
	if err == unix.ENOENT {
		return fail.New(fail.CodePermission, "have no signature %s%s, need one for policy signed", f.Path, Suffix)
	}
	if err != nil {
		return &fail.Error{Path: f.Path + Suffix, Cause: err}
	}
	var sig minisign.Signature
	if err := sig.UnmarshalText(text); err != nil {
		return fail.New(fail.CodeInput, "%s%s: %w", f.Path, Suffix, err)
	}
	key, ok := keys[sig.KeyID]
	if !ok {
		return fail.New(fail.CodePermission, "signed by key %016X, which is not in %s", sig.KeyID, store)
	}
	if !minisign.Verify(key, f.Bytes, text) {
		return fail.New(fail.CodePermission, "signature of key %016X does not fit the file", sig.KeyID)
	}
	f.SignedBy = fmt.Sprintf("%016X", sig.KeyID)
	return nil
}

func readKeys(store string) (map[uint64]minisign.PublicKey, error) {
	if err := checkPath(store); err != nil {
		return nil, &fail.Error{Code: fail.CodePermission, Op: "trust store", Path: store, Cause: err}
	}
	files, err := os.ReadDir(store)
	if err != nil {
		return nil, err
	}
	keys := map[uint64]minisign.PublicKey{}
	for _, e := range files {
		if !strings.HasSuffix(e.Name(), ".pub") {
			continue
		}
		text, err := Read(store, e.Name())
		if err != nil {
			return nil, &fail.Error{Path: filepath.Join(store, e.Name()), Cause: err}
		}
		var key minisign.PublicKey
		if err := key.UnmarshalText(text); err != nil {
			return nil, fail.New(fail.CodeInput, "%s: %w", filepath.Join(store, e.Name()), err)
		}
		keys[key.ID()] = key
	}
	return keys, nil
}

// Read reads a small file, a key or a configuration, as strictly as a plugin: no
// symlink, root or the caller owns it, nobody else can write it.
func Read(dir, base string) ([]byte, error) {
	d, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(d)
	fd, err := beneath(d, base)
	if err != nil {
		return nil, err
	}
	in := os.NewFile(uintptr(fd), base)
	defer in.Close()
	if err := checkFile(fd, Pinned); err != nil {
		return nil, err
	}
	b := make([]byte, maxSignature+1)
	n, err := io.ReadFull(in, b)
	if err == nil {
		return nil, fail.New(fail.CodeLimit, "has more than %d bytes", maxSignature)
	}
	return b[:n], nil
}
