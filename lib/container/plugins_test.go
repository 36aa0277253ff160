package container

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

func TestPluginRequest(t *testing.T) {
	c := &creation{o: &CreateOptions{Bundle: "/b \"x\""}, raw: []byte("{\r\n\t\"hostname\": \"a\\nb\",\n\"n\": 18446744073709551615}\n")}
	line := string(c.pluginRequest("web"))
	if strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") {
		t.Fatalf("have %q, need one line", line)
	}
	var in struct {
		Params struct {
			ID, Bundle string
			Spec       map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(line), &in); err != nil {
		t.Fatal(err)
	}
	if p := in.Params; p.ID != "web" || p.Bundle != "/b \"x\"" || string(p.Spec["hostname"]) != `"a\nb"` || string(p.Spec["n"]) != "18446744073709551615" {
		t.Errorf("have %s", line)
	}
}

func TestPluginAnswer(t *testing.T) {
	for _, tc := range []struct {
		line, spec, err string
		code            fail.Code
	}{
		{`{"jsonrpc":"2.0","id":1,"result":{}}`, "", "", ""},
		{`{"id":1,"result":{"spec":{"a": 1},"warnings":["w"]}}`, `{"a": 1}`, "", ""},
		{`{"id":1,"error":{"code":-32001,"message":"plugin p denies it: root"}}`, "", "plugin p denies it: root", fail.CodePermission},
		{`{"id":1,"error":{"code":-32002,"message":"required plugin p: slow"}}`, "", "plugins: required plugin p: slow", fail.CodeHook},
		{`{"id":1}`, "", "plugins: ", fail.CodeHook},
		{`{"id":1,"result":{"spec":`, "", "answer of gt-plugin", fail.CodeHook},
		{``, "", "answer of gt-plugin", fail.CodeHook},
	} {
		c := &creation{rt: &Runtime{Warn: func(string, ...any) {}}}
		have, err := c.pluginAnswer([]byte(tc.line))
		if string(have) != tc.spec || (err == nil) != (tc.err == "") {
			t.Errorf("%s: have %s, %v, need %s, %q", tc.line, have, err, tc.spec, tc.err)
		}
		if err != nil && (!strings.Contains(err.Error(), tc.err) || fail.Details(err).Code != tc.code) {
			t.Errorf("%s: have %v (%s), need %q (%s)", tc.line, err, fail.Details(err).Code, tc.err, tc.code)
		}
	}
}

func TestPluginConversation(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[0])
	other := os.NewFile(uintptr(pair[1]), "other")
	go func() {
		b := make([]byte, 100)
		n, _ := other.Read(b)
		_, _ = other.Write(b[:n])
		_, _ = other.Write([]byte(strings.Repeat("x", 100_000) + "\n"))
		_, _ = other.Read(b)
		other.Close()
	}()
	q := &inquiry{sock: pair[0], gone: make(chan struct{})} // of a gt-plugin of our own: nobody else is asked
	converse := func(question string) ([]byte, error) {
		if err := q.send([]byte(question)); err != nil {
			t.Fatal(err)
		}
		return q.answer()
	}
	if line, err := converse("hello"); err != nil || len(line) != 100_006 {
		t.Errorf("have %d bytes, %v, need 100006", len(line), err)
	}
	if _, err := converse("more"); err == nil || !strings.Contains(err.Error(), "without an answer") {
		t.Errorf("have %v, need its end", err)
	}
}

// Without a plugin there is nothing to do, also where there is no directory.
func TestNoPlugins(t *testing.T) {
	c := &creation{raw: []byte("{}")}
	var err error
	if c.asked, err = (&Runtime{Root: t.TempDir() + "/none"}).inquire(); err != nil || c.asked != nil {
		t.Fatalf("have %v, %v, need no inquiry", c.asked, err)
	}
	if err := errors.Join(c.question("web"), c.plugins()); err != nil {
		t.Error(err)
	}
}

// What is no JSON could carry a request of its own.
func TestPluginSyntax(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[1])
	for _, text := range []string{`{}}}`, `{},"method":"status"`, "{}\n{}", `{"a":"b`, `{"a":}`, ``, "{\"a\":\"\n\"}"} {
		c := &creation{o: &CreateOptions{}, raw: []byte(text), asked: &inquiry{sock: pair[0]}}
		if err := c.question("web"); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	_ = unix.Close(pair[0])
	if n, err := unix.Read(pair[1], make([]byte, 100)); n != 0 || err != nil {
		t.Errorf("have %d bytes, %v, need nothing sent", n, err)
	}
}
