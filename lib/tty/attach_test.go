package tty_test

import (
	"bytes"
	"io"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/tty"
)

func attach(t *testing.T, master, in, out *os.File) *tty.Proxy {
	t.Helper()
	p, err := tty.Attach(master, in, out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestAttachTerminal(t *testing.T) {
	keyboard, user := openPTY(t)
	master, slave := openPTY(t)
	if err := tty.Resize(keyboard, 33, 77); err != nil {
		t.Fatal(err)
	}
	before := flags(t, user)
	p := attach(t, master, user, user)

	if rows, cols, err := tty.Size(slave); err != nil || rows != 33 || cols != 77 {
		t.Errorf("size %dx%d, %v, need 33x77", rows, cols, err)
	}
	if now := flags(t, user); now.Lflag&(unix.ICANON|unix.ECHO|unix.ISIG) != 0 {
		t.Errorf("local flags %x, need raw", now.Lflag)
	}
	if _, err := keyboard.WriteString("hi\r"); err != nil {
		t.Fatal(err)
	}
	until(t, slave, "hi\n")
	until(t, keyboard, "hi\r\n") // the container's echo
	if _, err := slave.WriteString("out\n"); err != nil {
		t.Fatal(err)
	}
	until(t, keyboard, "out\r\n")
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if after := flags(t, user); after != before {
		t.Errorf("terminal is %+v, was %+v", after, before)
	}
	if err := p.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func TestAttachFollowsWindow(t *testing.T) {
	keyboard, user := openPTY(t)
	master, slave := openPTY(t)
	attach(t, master, user, user)
	if err := tty.Resize(keyboard, 50, 132); err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(os.Getpid(), unix.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "size 50x132", func() bool {
		rows, cols, err := tty.Size(slave)
		return err == nil && rows == 50 && cols == 132
	})
}

func TestAttachRawAgainAfterStop(t *testing.T) {
	_, user := openPTY(t)
	master, _ := openPTY(t)
	before := flags(t, user)
	attach(t, master, user, user)
	if err := unix.IoctlSetTermios(int(user.Fd()), unix.TCSETS, &before); err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(os.Getpid(), unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "raw mode", func() bool { return flags(t, user).Lflag&unix.ICANON == 0 })
}

// A pipe's end reaches a program that reads its terminal as end of file, also
// after an unfinished line.
func TestAttachEndOfInput(t *testing.T) {
	for _, text := range []string{"", "one\n", "one\ntwo"} {
		master, slave := openPTY(t)
		in, w := pipe(t)
		r, out := pipe(t)
		attach(t, master, in, out)
		if _, err := w.WriteString(text); err != nil {
			t.Fatal(err)
		}
		w.Close()
		got := make(chan []byte, 1)
		go func() { b, _ := io.ReadAll(slave); got <- b }()
		select {
		case b := <-got:
			if string(b) != text {
				t.Errorf("have %q, need %q", b, text)
			}
		case <-time.After(time.Minute):
			t.Errorf("%q: no end of file", text)
		}
		_ = r
	}
}

func TestCloseDrains(t *testing.T) {
	master, slave := openPTY(t)
	t2 := flags(t, slave)
	t2.Oflag &^= unix.OPOST
	if err := unix.IoctlSetTermios(int(slave.Fd()), unix.TCSETS, &t2); err != nil {
		t.Fatal(err)
	}
	null, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	r, out := pipe(t)
	p := attach(t, master, null, out)
	want := bytes.Repeat([]byte("0123456789abcdef"), 64<<10/16)
	got := make(chan []byte, 1)
	go func() { b, _ := io.ReadAll(r); got <- b }()
	if _, err := slave.Write(want); err != nil {
		t.Fatal(err)
	}
	// The slave stays open, as in a process that outlives the program.
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	out.Close()
	if b := <-got; !bytes.Equal(b, want) {
		t.Errorf("have %d bytes, need %d", len(b), len(want))
	}
}

// A program that goes on writing for ever does not keep Close from returning.
func TestCloseWithEndlessWriter(t *testing.T) {
	master, slave := openPTY(t)
	null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	p := attach(t, master, null, null)
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		for {
			if _, err := slave.WriteString("more\n"); err != nil {
				return
			}
		}
	}()
	closed := make(chan error, 1)
	go func() { closed <- p.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("Close has not returned")
	}
	master.Close()
	<-stop
}

// When nobody reads the output, the program still runs to its end.
func TestBrokenOutput(t *testing.T) {
	master, slave := openPTY(t)
	null, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	r, out := pipe(t)
	stop, err := tty.Forward(func(unix.Signal) error { return nil }, unix.SIGWINCH) // catches SIGPIPE
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	p := attach(t, master, null, out)
	r.Close()
	for range 1000 {
		if _, err := slave.WriteString("a line that nobody reads, long enough to fill the buffers in the end\n"); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(); err == nil || err.Error() != "write output: broken pipe" {
		t.Errorf("have %v, need write output: broken pipe", err)
	}
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 12000 {
		if ok() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("no %s within a minute", what)
}
