package inflate

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

func pack(t testing.TB, data []byte, level int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	if err == nil {
		w.Name, w.Comment, w.Extra = "name", "comment", []byte("extra")
		_, err = w.Write(data)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func samples(t testing.TB) map[string][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 300_000)
	few := make([]byte, 400_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	for i := range few {
		few[i] = "abcdefgh\n"[min(r.IntN(9), r.IntN(9))]
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"empty": nil, "one": []byte("x"), "zeros": make([]byte, 1_000_000), "noise": noise, "few": few,
		"text": bytes.Repeat([]byte("the quick brown fox jumps over the lazy dog. "), 20_000),
		"far":  append(append(bytes.Clone(noise[:32_768]), noise[:32_768]...), noise[:32_767]...),
		"self": self[:min(len(self), 3<<20)],
	}
}

// TestSame: what the standard library packs comes out again, whatever the size
// of the reads.
func TestSame(t *testing.T) {
	for name, data := range samples(t) {
		for _, level := range []int{gzip.HuffmanOnly, gzip.NoCompression, 1, 6, 9} {
			z := pack(t, data, level)
			for how, src := range map[string]io.Reader{
				"whole": bytes.NewReader(z), "halves": iotest.HalfReader(bytes.NewReader(z)), "end": iotest.DataErrReader(bytes.NewReader(z)),
			} {
				have, err := io.ReadAll(NewReader(src))
				if err != nil || !bytes.Equal(have, data) {
					t.Errorf("%s, level %d, %s: %d bytes, %v, need %d", name, level, how, len(have), err, len(data))
				}
			}
		}
	}
	z := pack(t, []byte("hello"), 6)
	have, err := io.ReadAll(NewReader(iotest.OneByteReader(bytes.NewReader(append(append(bytes.Clone(z), z...), 0, 0, 0)))))
	if err != nil || string(have) != "hellohello" {
		t.Errorf("two members and zeros: %q, %v", have, err)
	}
}

// TestDamaged: a stream that is cut off says so, and no changed bit gives
// other content in silence.
func TestDamaged(t *testing.T) {
	data := samples(t)["few"][:20_000]
	z := pack(t, data, 6)
	for n := range z {
		if _, err := io.ReadAll(NewReader(bytes.NewReader(z[:n]))); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("cut off at %d of %d: %v", n, len(z), err)
		}
	}
	for i := 30; i < len(z); i++ { // behind the name and comment
		bad := bytes.Clone(z)
		bad[i] ^= 1 << (i % 8)
		if have, err := io.ReadAll(NewReader(bytes.NewReader(bad))); err == nil {
			t.Fatalf("bit of byte %d: %d bytes, no error", i, len(have))
		}
	}
	if _, err := io.ReadAll(NewReader(io.MultiReader(bytes.NewReader(z), strings.NewReader("tail")))); err == nil {
		t.Error("a tail that is no gzip")
	}
	broken := errors.New("broken")
	if _, err := io.ReadAll(NewReader(iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("have %v, need the error of the source", err)
	}
}

// FuzzSame holds it to the standard library: the same bytes, or an error of
// both.
func FuzzSame(f *testing.F) {
	for _, data := range samples(f) {
		f.Add(pack(f, data[:min(len(data), 3000)], 6))
	}
	f.Fuzz(func(t *testing.T, z []byte) {
		have, err := io.ReadAll(io.LimitReader(NewReader(bytes.NewReader(z)), 1<<24))
		var need []byte
		r, bad := gzip.NewReader(bytes.NewReader(z))
		if bad == nil {
			need, bad = io.ReadAll(io.LimitReader(r, 1<<24))
		}
		if bad == nil && err != nil || bad == nil && !bytes.Equal(have, need) {
			t.Fatalf("have %d bytes, %v, need %d", len(have), err, len(need))
		}
	})
}

func BenchmarkInflate(b *testing.B) {
	data := samples(b)["self"]
	z := pack(b, data, 6)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := io.Copy(io.Discard, NewReader(bytes.NewReader(z))); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStandard(b *testing.B) {
	data := samples(b)["self"]
	z := pack(b, data, 6)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		r, err := gzip.NewReader(bytes.NewReader(z))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}
