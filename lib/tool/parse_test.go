package tool

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

type values struct {
	bundle, kind     string
	tty, in, noSub   bool
	n                int
	big              uint64
	env              []string
	wait             time.Duration
	float            float64
	root             string
	debug            bool
	funcs            []string
	preserve         int64
	words, untouched []string
}

func tables(v *values) []*Options {
	o, g := &Options{}, &Options{}
	o.String(&v.bundle, "bundle", 'b', "DIR", "")
	o.Enum(&v.kind, "kind", 0, []string{"text", "json"}, "")
	o.Bool(&v.tty, "tty", 't', "")
	o.Bool(&v.in, "interactive", 'i', "")
	o.Bool(&v.noSub, "no-subreaper", 0, "")
	o.Int(&v.n, "number", 'n', "N", "")
	o.Uint64(&v.big, "big", 0, "N", "")
	o.Strings(&v.env, "env", 'e', "K=V", "")
	o.Duration(&v.wait, "wait", 'w', "TIME", "")
	o.Float(&v.float, "cpu", 0, "N", "")
	o.Int64(&v.preserve, "preserve-fds", 0, "N", "")
	o.Func(func(s string) error {
		if s == "bad" {
			return errors.New("have bad, need good")
		}
		v.funcs = append(v.funcs, s)
		return nil
	}, "func", 'f', "X", "")
	g.String(&v.root, "root", 'b', "DIR", "")
	g.Bool(&v.debug, "debug", 0, "")
	g.add(option{name: "version", short: 'v', target: new(bool), before: true})
	return []*Options{o, g}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		line   string
		stopAt int
		want   values
	}{
		{"c1 --bundle .", 0, values{bundle: ".", words: []string{"c1"}}},
		{"--bundle=a=b c1", 0, values{bundle: "a=b", words: []string{"c1"}}},
		{"-b x c1", 0, values{bundle: "x", words: []string{"c1"}}},
		{"-bx c1", 0, values{bundle: "x", words: []string{"c1"}}},
		{"-b=x c1", 0, values{bundle: "x", words: []string{"c1"}}},
		{"--bundle= c1", 0, values{words: []string{"c1"}}},
		{"-it c1", 0, values{tty: true, in: true, words: []string{"c1"}}},
		{"-itbx c1", 0, values{tty: true, in: true, bundle: "x", words: []string{"c1"}}},
		{"-no-subreaper -tty=false c1", 0, values{noSub: true, words: []string{"c1"}}},
		{"--tty --tty=false", 0, values{}},
		{"-bundle x", 0, values{bundle: "x"}},
		{"c1 -9", 0, values{words: []string{"c1", "-9"}}},
		{"c1 - x", 0, values{words: []string{"c1", "-", "x"}}},
		{"c1 -- --tty", 0, values{words: []string{"c1", "--tty"}}},
		{"-n -5 --preserve-fds -1", 0, values{n: -5, preserve: -1}},
		{"--big 18446744073709551615", 0, values{big: 1<<64 - 1}},
		{"-e A=1 --env B=2 -eC", 0, values{env: []string{"A=1", "B=2", "C"}}},
		{"-w 10s", 0, values{wait: 10 * time.Second}},
		{"-w 10", 0, values{wait: 10 * time.Second}},
		{"-w 0.5", 0, values{wait: 500 * time.Millisecond}},
		{"--cpu 1.5 --func a -fb", 0, values{float: 1.5, funcs: []string{"a", "b"}}},
		{"--root /r --debug c1", 0, values{root: "/r", debug: true, words: []string{"c1"}}},
		{"--kind json --kind text", 0, values{kind: "text"}},
		{"c1 -t sh -c x", 2, values{tty: true, words: []string{"c1", "sh"}, untouched: []string{"-c", "x"}}},
		{"-t c1 -ef", 1, values{tty: true, words: []string{"c1"}, untouched: []string{"-ef"}}},
		{"-t -- c1 -ef", 1, values{tty: true, words: []string{"c1"}, untouched: []string{"-ef"}}},
		{"c1 -- ls", 1, values{words: []string{"c1"}, untouched: []string{"--", "ls"}}},
		{"--bundle -- --tty", 0, values{bundle: "--", tty: true}},
	} {
		var v values
		p := &parser{tables: tables(&v), later: true, stopAt: c.stopAt, help: "x --help"}
		words, rest, err := p.parse(strings.Fields(c.line))
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
			continue
		}
		v.words, v.untouched = words, rest
		if len(rest) == 0 {
			v.untouched = nil
		}
		if !reflect.DeepEqual(v, c.want) {
			t.Errorf("%s:\nhave %+v\nneed %+v", c.line, v, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"--bundel x":    "unknown option --bundel, nearest is --bundle",
		"--int":         "unknown option --int, nearest is --interactive",
		"--xyzzyplugh":  "unknown option --xyzzyplugh, need one of x --help",
		"-z":            "unknown option -z, need one of x --help",
		"-tz":           "unknown option -z",
		"-ho-subreaper": "unknown option -ho-subreaper, nearest is --no-subreaper",
		"-v":            "unknown option -v",
		"--version":     "unknown option --version",
		"c1 --bundle":   "--bundle: have nothing, need DIR",
		"-b":            "--bundle: have nothing, need DIR",
		"-n x":          `--number: have "x", need a whole number`,
		"--big -1":      `--big: have "-1", need a whole number, 0 or more`,
		"--kind xml":    `--kind: have "xml", need text or json`,
		"--tty=maybe":   `--tty: have "maybe", need true or false`,
		"-w soon":       `--wait: have "soon", need a time such as 10s`,
		"--cpu many":    `--cpu: have "many", need a number`,
		"--func bad":    "--func: have bad, need good",
	} {
		var v values
		p := &parser{tables: tables(&v), later: true, help: "x --help"}
		_, _, err := p.parse(strings.Fields(line))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: have %v, need %s", line, err, want)
		}
	}
}

// FuzzParse: every word is an option, its value or a positional; none is lost
// and none is made up.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"c1 --bundle .", "-it c1 -- x", "exec c1 -ef", "-no-subreaper --tty=false", "-b=x -9", "-\xff --=x"} {
		f.Add(s, 1)
	}
	f.Fuzz(func(t *testing.T, line string, stopAt int) {
		var v values
		args := strings.Split(line, " ")
		p := &parser{tables: tables(&v), stopAt: max(stopAt%4, 0), help: "x"}
		words, rest, err := p.parse(args)
		if err != nil {
			return
		}
		i := 0
		for _, w := range append(words, rest...) {
			for i < len(args) && args[i] != w {
				i++
			}
			if i == len(args) {
				t.Fatalf("%q: %q is not there, or not in its place", line, w)
			}
			i++
		}
		if p.stopAt > 0 && len(words) > p.stopAt {
			t.Fatalf("%q: have %d words, need %d", line, len(words), p.stopAt)
		}
	})
}
