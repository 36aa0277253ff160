package wire

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestFrames(t *testing.T) {
	var b bytes.Buffer
	out := New(strings.NewReader(""), &b)
	want := bytes.Repeat([]byte("0123456789"), 300000)
	w := out.Frames()
	if _, err := w.Write(want); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), out.Say(Go, "")); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	in := New(bytes.NewReader(whole), io.Discard)
	have, err := io.ReadAll(in.Body())
	if err != nil || !bytes.Equal(have, want) {
		t.Errorf("have %d bytes %v, need %d", len(have), err, len(want))
	}
	if err := in.Hear(Go); err != nil {
		t.Error(err)
	}
	for _, cut := range []int{0, 3, 4, 100, len(whole) - 5} {
		in := New(bytes.NewReader(whole[:cut]), io.Discard)
		if _, err := io.ReadAll(in.Body()); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut at %d: have %v", cut, err)
		}
	}
}

func TestHear(t *testing.T) {
	for _, c := range []struct{ in, err string }{
		{"ready\n", ""},
		{"", "the other side has gone"},
		{"rea", "the other side has gone"},
		{"no disk is full\n", "the other side: disk is full"},
		{"what\n", `the other side says "what", need ready`},
	} {
		err := New(strings.NewReader(c.in), io.Discard).Hear(Ready)
		if have := ""; err != nil || c.err != "" {
			if err != nil {
				have = err.Error()
			}
			if have != c.err {
				t.Errorf("%q: have %q, need %q", c.in, have, c.err)
			}
		}
	}
}
