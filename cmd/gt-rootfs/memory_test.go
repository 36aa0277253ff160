package main

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// mostMemory is what an unpack may take, whatever the source.
const mostMemory = 64 << 20

// role is what the test binary is: gt-rootfs itself, or who starts it.
const role = "GT_ROOTFS_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "program":
		main()
	case "starter":
		os.Exit(starter())
	default:
		os.Exit(m.Run())
	}
}

// starter runs gt-rootfs and says on descriptor 3 how much memory it took. A
// process begins with the peak of who started it, so the test itself cannot.
func starter() int {
	c := exec.Command("/proc/self/exe", os.Args[1:]...)
	c.Env = append(os.Environ(), role+"=program")
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	err := c.Run()
	if c.ProcessState == nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintln(os.NewFile(3, "peak"), c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss<<10)
	return c.ProcessState.ExitCode()
}

// peak runs gt-rootfs and returns what it said and the memory it took.
func peak(t *testing.T, store string, args ...string) (said string, memory int64, err error) {
	t.Helper()
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	c := exec.CommandContext(t.Context(), "/proc/self/exe", args...)
	c.Env = append(os.Environ(), role+"=starter", "GOPHERTAINER_STORE="+store)
	c.ExtraFiles = []*os.File{w}
	out, err := c.CombinedOutput()
	must(t, w.Close())
	if _, bad := fmt.Fscan(r, &memory); bad != nil {
		t.Fatalf("%v: %s: %v", err, out, bad)
	}
	return string(out), memory, err
}

// bounded fails if it takes more memory, or refuses anything else than want.
func bounded(t *testing.T, want, store string, args ...string) error {
	t.Helper()
	said, memory, err := peak(t, store, args...)
	t.Logf("%d MiB", memory>>20)
	switch {
	case memory > mostMemory:
		t.Errorf("it took %d MiB, need at most %d", memory>>20, mostMemory>>20)
	case (want == "") != (err == nil) || !strings.Contains(said, want):
		t.Errorf("have %v: %s, need %q", err, said, want)
	}
	return err
}

// TestMemory unpacks what asks for much, and what asks for too much: want is
// what the refusal says.
//
//house:table
func TestMemory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	for _, c := range []struct {
		name, want string
		make       func(t *testing.T, w io.Writer)
	}{
		{"small files in gzip", "", func(t *testing.T, w io.Writer) {
			z := gzip.NewWriter(w)
			files(t, z, 5_000, 100)
			must(t, z.Close())
		}},
		{"zstd with a window of 32 MiB", "", func(t *testing.T, w io.Writer) { zst(t, w, 32, 48) }},
		{"zstd with a window of 128 MiB of which little is used", "", func(t *testing.T, w io.Writer) { zst(t, w, 128, 20) }},
		{"zstd whose window grows", "", func(t *testing.T, w io.Writer) {
			var plain bytes.Buffer
			files(t, &plain, 64, 1<<20)
			zstdFrame(t, w, 8, plain.Bytes()[:20<<20])
			zstdFrame(t, w, 32, plain.Bytes()[20<<20:])
		}},
		{"zstd with a window of gigabytes", "window of 3840 MiB, need at most 128 MiB", func(t *testing.T, w io.Writer) {
			pour(t, w, "\x28\xb5\x2f\xfd\x00\xaf\x03\x00\x00", 2000)
		}},
		{"zstd with content of gigabytes", "window of 4095 MiB, need at most 128 MiB", func(t *testing.T, w io.Writer) {
			pour(t, w, "\x28\xb5\x2f\xfd\xa0\xff\xff\xff\xff\x03\x00\x00", 2000)
		}},
		{"xz with a dictionary of 32 MiB", "", func(t *testing.T, w io.Writer) { xzip(t, w, "32MiB", 40) }},
		{"xz with a dictionary of 64 MiB of which little is used", "", func(t *testing.T, w io.Writer) { xzip(t, w, "64MiB", 20) }},
		{"xz with a dictionary of gigabytes", "dictionary of 4095 MiB, need at most 128 MiB", func(t *testing.T, w io.Writer) {
			pour(t, w, "\xfd7zXZ\x00\x00\x01\x69\x22\xde\x36\x02\x00\x21\x01\x28\x00\x00\x00", 2000)
		}},
		{"a file of 200 MB", "", func(t *testing.T, w io.Writer) { files(t, w, 1, 200<<20) }},
		{"extended headers of 300 MB", "an extended header has 314572800 bytes, need at most 1048576", func(t *testing.T, w io.Writer) {
			h := header(t, &tar.Header{Name: "x", Size: 300 << 20})
			h[156] = 'x'
			pour(t, w, string(sealed(h)), 300<<20)
		}},
		{"global headers of 100 MB", "global headers have", func(t *testing.T, w io.Writer) {
			tw := tar.NewWriter(w)
			for i := range 100 {
				h := &tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{fmt.Sprint("k", i): strings.Repeat("v", 1_000_000)}}
				must(t, tw.WriteHeader(h))
			}
			must(t, tw.Close())
		}},
		{"attributes of directories", "attributes of directories have more than 8 MiB", func(t *testing.T, w io.Writer) {
			tw := tar.NewWriter(w)
			for i := range 2000 {
				h := &tar.Header{Name: fmt.Sprintf("d%d/", i), Typeflag: tar.TypeDir, PAXRecords: map[string]string{"SCHILY.xattr.user.a": strings.Repeat("v", 60_000)}}
				must(t, tw.WriteHeader(h))
			}
			must(t, tw.Close())
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			f, err := os.Create(filepath.Join(dir, "source"))
			must(t, err)
			c.make(t, f)
			must(t, f.Close())
			_ = bounded(t, c.want, dir+"/store", "unpack", "--type", "archive", f.Name(), dir+"/b")
		})
	}
}

// TestMemoryOfLargeWindows: what zstd --long and xz -9 write takes more, by as
// much as its window is larger than 32 MiB.
func TestMemoryOfLargeWindows(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	for _, c := range []struct {
		name string
		more int64 // MiB
		make func(w io.Writer)
	}{
		{"zstd with a window of 128 MiB", 96, func(w io.Writer) { zst(t, w, 128, 132) }},
		{"xz with a dictionary of 64 MiB", 32, func(w io.Writer) { xzip(t, w, "64MiB", 66) }},
	} {
		dir := t.TempDir()
		f, err := os.Create(filepath.Join(dir, "source"))
		must(t, err)
		c.make(f)
		must(t, f.Close())
		said, memory, err := peak(t, dir+"/store", "unpack", "--type", "archive", f.Name(), dir+"/b")
		if most := mostMemory + c.more<<20; err != nil || memory > most {
			t.Errorf("%s took %d MiB, need at most %d: %v: %s", c.name, memory>>20, most>>20, err, said)
		}
		t.Logf("%s: %d MiB", c.name, memory>>20)
	}
}

// TestMemoryOfImages: the same with layers, two of which are unpacked at once.
func TestMemoryOfImages(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	for _, c := range []struct {
		name, want, driver string
		make               func(t *testing.T) string
	}{
		{"windows of 8 MiB into a store", "", "overlay", func(t *testing.T) string { return windows(t, 8, 8, 8) }},
		{"windows of 8 MiB into one tree", "", "copy", func(t *testing.T) string { return windows(t, 8, 8, 8) }},
		{"windows of 32 MiB into a store", "", "overlay", func(t *testing.T) string { return windows(t, 32, 8, 32, 32) }},
		{"windows of 32 MiB into one tree", "", "copy", func(t *testing.T) string { return windows(t, 32, 8, 32, 32) }},
		{"ten thousand layers", "the image has 10000 layers, need at most 500", "copy", func(t *testing.T) string {
			return layout(t, "{}", make([][]byte, 10_000)...)
		}},
		{"an index of 300 MB", "index.json has more than 4194304 bytes", "copy", func(t *testing.T) string {
			dir := layout(t, "{}")
			must(t, os.Truncate(dir+"/index.json", 300<<20))
			return dir
		}},
		{"an index of nothing", "members, need at most 200000", "copy", func(t *testing.T) string {
			dir := layout(t, "{}")
			write(t, dir+"/index.json", []byte(`{"manifests":[{}`+strings.Repeat(",{}", 1_390_000)+`]}`))
			return dir
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, src := t.TempDir(), c.make(t)
			err := bounded(t, c.want, dir+"/store", "unpack", "--type", "image", "--driver", c.driver, src, dir+"/b")
			if err == nil {
				if said, _, err := peak(t, dir+"/store", "rm", dir+"/b"); err != nil {
					t.Errorf("rm: %v: %s", err, said)
				}
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pour writes text and n zeros.
func pour(t *testing.T, w io.Writer, text string, n int64) {
	t.Helper()
	_, err := io.WriteString(w, text)
	must(t, err)
	_, err = io.CopyN(w, zeros{}, n)
	must(t, err)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// files writes a tar of n files that hold the same noise again and again.
func files(t *testing.T, w io.Writer, n int, size int64) {
	t.Helper()
	noise := make([]byte, 4<<10)
	_, _ = rand.New(rand.NewSource(1)).Read(noise) //nolint:gosec // noise
	tw := tar.NewWriter(w)
	for i := range n {
		must(t, tw.WriteHeader(&tar.Header{Name: fmt.Sprintf("d%d/f%d", i/100, i), Typeflag: tar.TypeReg, Mode: 0o644, Size: size}))
		for left := size; left > 0; left -= int64(len(noise)) {
			_, err := tw.Write(noise[:min(left, int64(len(noise)))])
			must(t, err)
		}
	}
	must(t, tw.Close())
}

// zst writes a tar of so many MiB with a window.
func zst(t *testing.T, w io.Writer, window, size int) {
	t.Helper()
	var plain bytes.Buffer
	files(t, &plain, size, 1<<20)
	zstdFrame(t, w, window, plain.Bytes())
}

// zstdFrame writes one that does not say how much it holds.
func zstdFrame(t *testing.T, w io.Writer, window int, plain []byte) {
	t.Helper()
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(window<<20))
	must(t, err)
	_, err = z.Write(plain)
	must(t, err)
	must(t, z.Close())
}

func xzip(t *testing.T, w io.Writer, dictionary string, size int) {
	t.Helper()
	if _, err := exec.LookPath("xz"); err != nil {
		t.Skip("needs xz")
	}
	var plain bytes.Buffer
	files(t, &plain, size, 1<<20)
	c := exec.CommandContext(t.Context(), "xz", "-T1", "--format=xz", "--lzma2=preset=0,dict="+dictionary)
	c.Stdin, c.Stdout = &plain, w
	must(t, c.Run())
}

func header(t *testing.T, h *tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, tar.NewWriter(&b).WriteHeader(h))
	return b.Bytes()
}

// sealed gives a header its checksum again.
func sealed(h []byte) []byte {
	copy(h[148:], "        ")
	sum := 0
	for _, c := range h[:512] {
		sum += int(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	return h
}

// windows is an image whose layers have zstd windows of so many MiB.
func windows(t *testing.T, sizes ...int) string {
	t.Helper()
	var plains, packed [][]byte
	for i, n := range sizes {
		var plain, z bytes.Buffer
		files(t, &plain, n+16+i, 1<<20)
		zstdFrame(t, &z, n, plain.Bytes())
		plains, packed = append(plains, plain.Bytes()), append(packed, z.Bytes())
	}
	return compressed(t, "{}", plains, packed)
}
