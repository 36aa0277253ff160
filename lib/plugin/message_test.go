package plugin

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	long := strings.Repeat("x", MaxMessage)
	l := NewLines(strings.NewReader("a\n\n" + long + "\n" + long + "y\nb\n"))
	for i, want := range []int{1, 0, MaxMessage} {
		if line, err := l.Next(); err != nil || len(line) != want {
			t.Fatalf("line %d: have %d bytes, %v, need %d", i, len(line), err, want)
		}
	}
	if _, err := l.Next(); !errors.Is(err, ErrTooLong) {
		t.Errorf("have %v, need %v", err, ErrTooLong)
	}
	l = NewLines(strings.NewReader("a\nb"))
	_, _ = l.Next()
	if _, err := l.Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("have %v, need %v", err, io.ErrUnexpectedEOF)
	}
	if _, err := l.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("have %v, need %v", err, io.EOF)
	}
}

// endless never sends the end of a line.
type endless struct{ n int }

func (e *endless) Read(b []byte) (int, error) { e.n += len(b); return len(b), nil }

func TestLineWithoutEnd(t *testing.T) {
	e := &endless{}
	if _, err := NewLines(e).Next(); !errors.Is(err, ErrTooLong) {
		t.Errorf("have %v, need %v", err, ErrTooLong)
	}
	if e.n > MaxMessage+256<<10 {
		t.Errorf("have read %d bytes, need no more than a message", e.n)
	}
}

func TestDecodeResponse(t *testing.T) {
	for line, want := range map[string]string{
		`{"jsonrpc":"2.0","id":1,"result":null}`:                                 "",
		`{"jsonrpc":"2.0","id":"x","result":{"a":1}}`:                            "",
		`{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"m"}}`:             "",
		`{"jsonrpc":"2.0","id":1,"error":{"code":1},"result":null}`:              "",
		`{"jsonrpc":"1.0","id":1,"result":1}`:                                    `have jsonrpc "1.0"`,
		`{"id":1,"result":1}`:                                                    `have jsonrpc ""`,
		`{"jsonrpc":"2.0","result":1}`:                                           "have no id",
		`{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"broken"}}`: "plugin refused a request: broken",
		`{"jsonrpc":"2.0","id":1}`:                                               "have no result",
		`{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1}}`:                 "have a result and a refusal",
		`[]`:                                     "decode answer",
		``:                                       "decode answer",
		`hello`:                                  "decode answer",
		`{"jsonrpc":"2.0","id":1,"result":1} {}`: "decode answer",
	} {
		_, err := DecodeResponse([]byte(line))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: have %v, need %q", line, err, want)
		}
	}
}

// FuzzReader feeds the reader what a plugin may say: it ends with an error or a
// good answer, never with a panic, and holds no more than a message.
func FuzzReader(f *testing.F) {
	f.Add([]byte("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":1,\"message\":\"\"}}\n"))
	f.Add([]byte("\n\n\x00\xff\n{"))
	f.Add([]byte("{\"jsonrpc\":\"2.0\",\"id\":[[[[[[[]]]]]]],\"result\":1e999}\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		l := NewLines(bytes.NewReader(in))
		for range len(in) + 2 {
			line, err := l.Next()
			if err != nil {
				return
			}
			if len(line) > MaxMessage || bytes.ContainsRune(line, '\n') {
				t.Fatalf("have a line of %d bytes", len(line))
			}
			if r, err := DecodeResponse(line); err == nil && (r.Error == nil) == (r.Result == nil) && string(r.Result) != "null" {
				t.Fatalf("%q is neither result nor refusal", line)
			}
		}
		t.Fatal("the reader does not end")
	})
}
