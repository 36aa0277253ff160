package applet

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestTableIsSorted(t *testing.T) {
	if !slices.IsSorted(Names()) {
		t.Error(Names())
	}
}

func TestTest(t *testing.T) {
	for _, c := range []struct {
		words  string
		status int
	}{
		{"", 1},
		{"a", 0},
		{"! a", 1},
		{"! ! a", 0},
		{"-n", 0},
		{"-z", 0},
		{"!", 0},
		{"a = a", 0},
		{"! = !", 0},
		{"( a )", 0},
		{"( a = b ) -o ( c = c )", 0},
		{"a = a -a b = c", 1},
		{"! a = b", 0},
		{"-f = -f", 0},
		{"1 -lt 2", 0},
		{"x -lt 2", 2},
		{"-d / -a -e /", 0},
		{"-s /dev/null", 1},
		{"-c /dev/null", 0},
		{"a b", 2},
		{"( a", 2},
		{"/ -ef /", 0},
		{"/ -nt /nosuch", 0},
		{"/nosuch -ot /", 0},
		{"-x /", 0},
		{"-h /proc/self", 0},
		{"-t 99", 1},
	} {
		_, _, status := Pure(append([]string{"test"}, strings.Fields(c.words)...))
		if status != c.status {
			t.Errorf("test %s: %d, want %d", c.words, status, c.status)
		}
	}
}

func TestOptions(t *testing.T) {
	f, rest, err := options([]string{"x", "-ab1", "op", "-b", "2", "--", "-c"}, "ab:c")
	if err != nil || !f.has('a') || strings.Join(f['b'], ",") != "1,2" || f.has('c') || strings.Join(rest, ",") != "op,-c" {
		t.Errorf("%v %v %v", f, rest, err)
	}
	if _, rest, _ := options([]string{"x", "-a", "cmd", "-a"}, "+a"); strings.Join(rest, ",") != "cmd,-a" {
		t.Errorf("%v", rest)
	}
	for _, bad := range [][]string{{"x", "-z"}, {"x", "-b"}, {"x", "-:"}} {
		if _, _, err := options(bad, "ab:"); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}

func TestIPText(t *testing.T) {
	for want, ip := range map[string][]byte{
		"127.0.0.1":     {127, 0, 0, 1},
		"::1":           {15: 1},
		"::":            {15: 0},
		"fe80::1:0:0:2": {0: 0xfe, 1: 0x80, 9: 1, 15: 2},
		"1:2::":         {1: 1, 3: 2, 15: 0},
	} {
		if got := ipText(ip); got != want {
			t.Errorf("%v: %s, want %s", ip, got, want)
		}
	}
}

func TestCapSet(t *testing.T) {
	if got := capSet("0000000000000021"); got != "CAP_CHOWN CAP_KILL" {
		t.Error(got)
	}
	if capSet("0000000000000000") != "none" || capSet("8000000000000000") != "8000000000000000" {
		t.Error("none, or an unknown bit")
	}
}

// FuzzPure: whatever a script passes to echo, printf and test, they answer.
func FuzzPure(f *testing.F) {
	for _, s := range []string{"printf\x00%5d|%s\\n\x001\x002", "test\x00(\x00a\x00=\x00b\x00)", "echo\x00-e\x00\\x41\\0101\\c", "printf\x00%*d\x005\x003", "[\x00]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, "\x00")
		if args[0] != "echo" && args[0] != "printf" && args[0] != "test" && args[0] != "[" {
			return
		}
		if _, complaint, status := Pure(args); complaint != "" && status == 0 {
			t.Errorf("%q: %s, but status 0", args, complaint)
		}
	})
}

func TestMain(m *testing.M) {
	// Evaluating -t and paths must not depend on where the test runs.
	if err := os.Chdir(os.TempDir()); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
