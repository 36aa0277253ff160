package tool

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gophertainer/gophertainer/lib/fail"
)

var update = flag.Bool("update", false, "write the golden files")

// program is one with all that there is.
func program() *Program {
	return &Program{
		Name: "gt-test", Summary: "tries the skeleton", Manual: "It does nothing.",
		Options: func(o *Options) {
			o.Bool(new(bool), "systemd-cgroup", 0, "use systemd")
			o.Bool(new(bool), "secret", 0, "not shown")
			o.Hidden("secret")
		},
		Verbs: []Verb{
			{Name: "create", Args: "[ID]", Summary: "make one", Make: func(o *Options) func(*Call) error {
				bundle, wait := ".", 10*time.Second
				o.String(&bundle, "bundle", 'b', "DIR", "the bundle")
				o.Duration(&wait, "wait-for-a-very-long-option", 0, "TIME", "how long")
				return func(c *Call) error {
					id := ""
					if len(c.Args) > 0 {
						id = c.Args[0]
					}
					return c.Each(id, func(in Input) ([]byte, error) {
						if strings.HasPrefix(in.ID, "bad") {
							return nil, &fail.Error{Op: "mount /proc", Member: "/mounts/0", Cause: syscall.EPERM, Hint: "probed"}
						}
						return Merge(in.Raw, map[string]any{"status": "created", "pid": 7})
					})
				}
			}},
			{Name: "list", Summary: "list all", Make: func(o *Options) func(*Call) error {
				o.Format("table", "json")
				return func(c *Call) error { return c.Print([]byte(c.Format + " " + c.Root + "\n")) }
			}},
			{Name: "exec", Args: "ID [COMMAND...]", StopAt: 1, Summary: "run one more", Make: func(*Options) func(*Call) error {
				return func(c *Call) error {
					if c.Args[len(c.Args)-1] == "exit7" {
						return ExitStatus(7)
					}
					return c.Print([]byte(strings.Join(c.Args, "|") + "\n"))
				}
			}},
			{Name: "hidden", Hidden: true, Summary: "not shown", Make: func(*Options) func(*Call) error {
				return func(c *Call) error {
					c.Warnf("warned of %d", 1)
					c.Debugf("debugged %d", 2)
					return nil
				}
			}},
		},
	}
}

// call runs a command line and returns the exit code, stdout and stderr.
func call(t *testing.T, p *Program, stdin string, args ...string) (int, string, string) {
	t.Helper()
	t.Setenv("GOPHERTAINER_ROOT", "/r")
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/0", []byte(stdin), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &Call{}
	for i, f := range []**os.File{&c.Stdin, &c.Stdout, &c.Stderr} {
		file, err := os.OpenFile(filepath.Join(dir, string(rune('0'+i))), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		*f = file
	}
	code := p.call(c, args)
	if c.logFile != nil {
		c.logFile.Close()
	}
	out, _ := os.ReadFile(dir + "/1")
	errs, _ := os.ReadFile(dir + "/2")
	return code, string(out), string(errs)
}

func TestCall(t *testing.T) {
	for _, c := range []struct {
		line, out, err string
		code           int
	}{
		{"list", "table /r\n", "", 0},
		{"list --format json --root /x", "json /x\n", "", 0},
		{"--root /x list -f json", "json /x\n", "", 0},
		{"list --format xml", "", "gt-test: list: --format: have \"xml\", need table or json\n", 2},
		{"list x", "", "gt-test: list: have 1 argument, need none\n", 2},
		{"create a b", "", "gt-test: create: have 2 arguments, need [ID]\n", 2},
		{"create web", "", "", 0},
		{"create bad", "", "gt-test: create bad: /mounts/0: mount /proc: operation not permitted (probed)\n", 1},
		{"exec", "", "gt-test: exec: have nothing, need ID [COMMAND...]\n", 2},
		{"exec c1 ls --help -x", "c1|ls|--help|-x\n", "", 0},
		{"exec c1 -- ls", "c1|ls\n", "", 0},
		{"exec c1 exit7", "", "", 7},
		{"exec", "", "gt-test: exec: have nothing, need ID [COMMAND...]\n", 2},
		{"creat", "", "gt-test: unknown command creat, nearest is create\n", 2},
		{"zzzzzzzz", "", "gt-test: unknown command zzzzzzzz, need one of: create list exec\n", 2},
		{"--rot /x list", "", "gt-test: unknown option --rot, nearest is --root\n", 2},
		{"hidden", "", "gt-test: warning: warned of 1\n", 0},
		{"--debug hidden", "", "gt-test: warning: warned of 1\ngt-test: debug: debugged 2\n", 0},
		{"--version", "gt-test version dev\n", "", 0},
		{"-v", "gt-test version dev\n", "", 0},
	} {
		code, out, errs := call(t, program(), "", strings.Fields(c.line)...)
		if code != c.code || out != c.out || errs != c.err {
			t.Errorf("%s:\nhave %d %q %q\nneed %d %q %q", c.line, code, out, errs, c.code, c.out, c.err)
		}
	}
}

func TestHelp(t *testing.T) {
	for name, line := range map[string]string{"program": "--help", "verb": "create --bundle /elsewhere -h"} {
		code, out, errs := call(t, program(), "", strings.Fields(line)...)
		if code != 0 || errs != "" {
			t.Errorf("%s: have %d %q", line, code, errs)
		}
		golden(t, "help_"+name+".txt", out)
	}
	code, out, errs := call(t, program(), "")
	if code != 2 || out != "" || !strings.Contains(errs, "commands:\n  create [ID]") || !strings.HasSuffix(errs, "have no command, need one of: create list exec\n") {
		t.Errorf("nothing: have %d %q %q", code, out, errs)
	}
	_, all, _ := call(t, program(), "", "--help")
	_, word, _ := call(t, program(), "", "help")
	_, verb, _ := call(t, program(), "", "create", "--help")
	_, verbWord, _ := call(t, program(), "", "help", "create")
	if all != word || verb != verbWord {
		t.Errorf("help and --help differ")
	}
}

func golden(t *testing.T, name, have string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(have), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil || have != string(want) {
		t.Errorf("%s: have\n%s\nneed\n%s %v", name, have, want, err)
	}
}

func TestWithoutVerbs(t *testing.T) {
	var n int
	before := ""
	p := &Program{
		Name: "gt-one", Summary: "does one thing",
		Verb: &Verb{Args: "FILE", Make: func(o *Options) func(*Call) error {
			o.Int(&n, "number", 'n', "N", "how many")
			return func(c *Call) error { return c.Print([]byte(before + c.Args[0])) }
		}},
		Before: func(c *Call) error { before = c.Root; return nil },
		Exit:   func(_ string, err error) int { return 100 + fail.Exit(err) },
	}
	if code, out, errs := call(t, p, "", "-n", "3", "f"); code != 0 || out != "/rf" || n != 3 {
		t.Errorf("have %d %q %q", code, out, errs)
	}
	if code, _, errs := call(t, p, ""); code != 102 || errs != "gt-one: have nothing, need FILE\n" {
		t.Errorf("have %d %q", code, errs)
	}
	if code, out, _ := call(t, p, "", "--help"); code != 0 || !strings.Contains(out, "usage: gt-one [options] FILE\n") || !strings.Contains(out, "-n, --number N") {
		t.Errorf("have %d %q", code, out)
	}
	if code, out, _ := call(t, p, "", "--version"); code != 0 || out != "gt-one version dev\n" {
		t.Errorf("have %d %q", code, out)
	}
}

func TestLogJSON(t *testing.T) {
	log := t.TempDir() + "/log.json"
	code, _, errs := call(t, program(), "", "--log", log, "--log-format", "json", "--debug", "create", "bad\"\xff\n\x01")
	if code != 1 || errs == "" {
		t.Fatalf("have %d %q, need the error on stderr too", code, errs)
	}
	call(t, program(), "", "--log", log, "--log-format=json", "--debug", "hidden")
	call(t, program(), "", "--log", log, "--log-format=json", "nonesuch")
	b, _ := os.ReadFile(log)
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	if len(lines) != 4 {
		t.Fatalf("have %s", b)
	}
	var got []map[string]any
	for _, l := range lines {
		var m map[string]any
		if err := json.Unmarshal(l, &m); err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		if _, err := time.Parse(time.RFC3339, m["time"].(string)); err != nil {
			t.Error(err)
		}
		got = append(got, m)
	}
	for k, want := range map[string]any{
		"level": "error", "msg": "/mounts/0: mount /proc: operation not permitted (probed)", "code": "permission",
		"op": "mount /proc", "member": "/mounts/0", "errno": 1.0, "hint": "probed",
	} {
		if got[0][k] != want {
			t.Errorf("%s: have %v, need %v", k, got[0][k], want)
		}
	}
	if got[1]["level"] != "warning" || got[2]["level"] != "debug" || got[3]["code"] != "usage" {
		t.Errorf("have %v", got[1:])
	}
	if st, _ := os.Stat(log); st.Mode().Perm() != 0o644 {
		t.Errorf("mode %v", st.Mode())
	}
}

func TestLogText(t *testing.T) {
	log := t.TempDir() + "/log"
	call(t, program(), "", "--log", log, "create", "bad")
	b, _ := os.ReadFile(log)
	if !strings.HasPrefix(string(b), `time="`) || !strings.HasSuffix(string(b), `" level=error msg="/mounts/0: mount /proc: operation not permitted (probed)"`+"\n") {
		t.Errorf("have %s", b)
	}
	code, _, errs := call(t, program(), "", "--log", "/nonesuch/log", "list")
	if code != 1 || !strings.Contains(errs, "--log: open /nonesuch/log: no such file or directory") {
		t.Errorf("have %d %q", code, errs)
	}
}

func TestPrintRefused(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full")
	}
	defer full.Close()
	if err := (&Call{Stdout: full}).Print([]byte("x")); !errors.Is(err, syscall.ENOSPC) || err.Error() != "write stdout: no space left on device" {
		t.Errorf("have %v", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	if err := (&Call{Stdout: w}).Print([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("have %v", err)
	}
}

func TestRoot(t *testing.T) {
	here, _ := os.Getwd()
	for _, c := range []struct{ given, env, want string }{
		{"/a", "/b", "/a"},
		{"", "/b", "/b"},
		{"a", "", here + "/a"},
	} {
		t.Setenv("GOPHERTAINER_ROOT", c.env)
		call := &Call{Root: c.given}
		if err := call.settleRoot(); err != nil || call.Root != c.want {
			t.Errorf("%v: have %s %v", c, call.Root, err)
		}
	}
	t.Setenv("XDG_RUNTIME_DIR", "/run/user/5")
	t.Setenv("GOPHERTAINER_ROOT", "")
	want := "/run/oci-runtime"
	if users() {
		want = "/run/user/5/oci-runtime"
	}
	if c := (&Call{}); c.settleRoot() != nil || c.Root != want {
		t.Errorf("have %s, need %s", c.Root, want)
	}
}
