package archive

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/gophertainer/gophertainer/lib/fail"
)

func tarball(t *testing.T, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "f", Mode: 0o644, Size: int64(size)}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(bytes.Repeat([]byte{1, 2, 3, 4}, size/4)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gz(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zst(t *testing.T, data []byte, opt ...zstd.EOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, opt...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(data)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func all(ctx context.Context, r io.Reader) ([]byte, error) {
	s, err := Open(ctx, r)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	var out []byte
	for {
		b, err := s.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, b...)
	}
}

func TestContentIsTheSame(t *testing.T) {
	for _, size := range []int{0, 4, 512, chunk - 1024, chunk, 3*chunk + 4, 10 * chunk} {
		want := tarball(t, size)
		two := append(gz(t, want[:1000]), gz(t, want[1000:])...)
		skip := append([]byte("\x50\x2a\x4d\x18\x02\x00\x00\x00ab"), zst(t, want)...)
		for name, data := range map[string][]byte{"tar": want, "gzip": gz(t, want), "two gzip members": two, "zstd": zst(t, want), "skippable frame": skip} {
			have, err := all(t.Context(), bytes.NewReader(data))
			if err != nil || !bytes.Equal(have, want) {
				t.Errorf("%s of %d: %d bytes, need %d: %v", name, size, len(have), len(want), err)
			}
		}
	}
}

func TestDamage(t *testing.T) {
	data := tarball(t, 100_000)
	g, z := gz(t, data), zst(t, data)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"gzip cut":        {g[:len(g)-9], "cut off"},
		"gzip cut early":  {g[:12], "cut off"},
		"gzip checksum":   {flipped(g, len(g)-6), "damaged"},
		"zstd cut":        {z[:len(z)-1], "cut off"},
		"zstd checksum":   {flipped(z, len(z)-1), "damaged"},
		"zstd of 256 MiB": {zst(t, bytes.Repeat(data, 20), zstd.WithWindowSize(256<<20)), "a window of 256 MiB, need at most 128 MiB"},
	} {
		if _, err := all(t.Context(), bytes.NewReader(c.data)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: have %v, need %s", name, err, c.want)
		}
	}
}

// What is not an archive is named.
func TestFormatsByName(t *testing.T) {
	for head, want := range map[string]string{
		"": "nothing", "PK\x03\x04": "zip",
		"hsqs": "squashfs", "#!/bin/sh": "script", "{}": "JSON", "hello": "unknown",
		strings.Repeat("\x00", 510) + "\x55\xaa": "disk image",
		strings.Repeat("x", 1080) + "\x53\xef":   "ext4",
	} {
		_, err := Open(t.Context(), strings.NewReader(head))
		if err == nil || !strings.Contains(err.Error(), want) || fail.Exit(err) != fail.ExitUsage {
			t.Errorf("%.20q: have %v, need %s", head, err, want)
		}
	}
}

// A pipe that stays silent ends with the context.
func TestSilentPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for _, begin := range [][]byte{nil, gz(t, tarball(t, 4000))[:50], tarball(t, 4000)[:2000]} {
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := w.Write(begin); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() {
			_, err := all(ctx, r)
			ended <- err
		}()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("after %d bytes: have %v, need the end of the context", len(begin), err)
		}
	}
}
