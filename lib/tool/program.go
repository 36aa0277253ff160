// Package tool is the skeleton of every binary: its command line, "ID or JSON
// on stdin", how it reports what went wrong, and its exit code.
package tool

import (
	"errors"
	"os"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Version and Commit are set by the linker.
var Version, Commit = "dev", ""

// A Verb is one command of a program. Make declares its options and returns
// what runs it.
type Verb struct {
	Name    string
	Args    string // "ID [SIGNAL]"
	Summary string
	Hidden  bool
	StopAt  int // positionals after which the rest is taken as it is; 0 is never
	Make    func(o *Options) func(c *Call) error
}

// A Program is one binary.
type Program struct {
	Name    string
	Summary string
	Verbs   []Verb
	// Options declares what every verb takes, beside --root, --log,
	// --log-format and --debug.
	Options func(o *Options)
	// VersionText replaces the text of --version.
	VersionText func() string
	// Exit replaces fail.Exit for a verb.
	Exit func(verb string, err error) int
}

// A Call is one invocation.
type Call struct {
	Tool, Verb           string
	Args                 []string
	Root, Log, LogFormat string
	Format               string
	Debug                bool
	Stdin                *os.File
	Stdout, Stderr       *os.File
}

// Main parses the command line, runs the verb, reports, and exits.
func Main(p *Program) {
	c := &Call{Tool: p.Name, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, LogFormat: "text"}
	c.Root, c.Debug = defaultRoot(), os.Getenv("DEBUG") == "1"
	err := p.run(c, os.Args[1:])
	if err == nil {
		os.Exit(0)
	}
	c.report(err)
	if p.Exit != nil {
		os.Exit(p.Exit(c.Verb, err))
	}
	os.Exit(fail.Exit(err))
}

func defaultRoot() string {
	if dir := os.Getenv("GOPHERTAINER_ROOT"); dir != "" {
		return dir
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" && os.Geteuid() != 0 {
		return dir + "/oci-runtime"
	}
	return "/run/oci-runtime"
}

func (p *Program) globals(c *Call, help, version *bool) *Options {
	o := &Options{call: c}
	o.String(&c.Root, "root", 0, "DIR", "state directory")
	o.String(&c.Log, "log", 0, "FILE", "append errors and warnings to FILE")
	o.Enum(&c.LogFormat, "log-format", 0, []string{"text", "json"}, "form of the log")
	o.Bool(&c.Debug, "debug", 0, "say more")
	o.Bool(help, "help", 'h', "show this help")
	o.add(option{name: "version", short: 'v', help: "show the version", target: version, before: true})
	if p.Options != nil {
		p.Options(o)
	}
	return o
}

func (p *Program) run(c *Call, args []string) error {
	var help, version bool
	global := p.globals(c, &help, &version)
	words, rest, err := (&parser{tables: []*Options{global}, stopAt: 1, help: p.Name + " --help"}).parse(args)
	switch {
	case err != nil:
		return err
	case version:
		return p.printVersion(c)
	case len(words) == 0 && help:
		return p.help(c, global)
	case len(words) == 0:
		return fail.Usage("have no command, need one of: %s", strings.Join(p.names(), " "))
	case words[0] == "help":
		return p.help(c, global)
	}
	verb := p.verb(words[0])
	if verb == nil {
		if near := nearest(words[0], p.names()); near != "" {
			return fail.Usage("unknown command %s, nearest is %s", words[0], near)
		}
		return fail.Usage("unknown command %s, need one of: %s", words[0], strings.Join(p.names(), " "))
	}
	c.Verb = verb.Name
	own := &Options{call: c}
	do := verb.Make(own)
	line := &parser{tables: []*Options{own, global}, later: true, stopAt: verb.StopAt, help: p.Name + " " + verb.Name + " --help"}
	words, rest, err = line.parse(rest)
	if err != nil {
		return err
	}
	if help {
		return p.helpVerb(c, verb, own)
	}
	c.Args = append(words, rest...)
	if err := arity(verb.Args, len(c.Args)); err != nil {
		return err
	}
	return do(c)
}

func (p *Program) verb(name string) *Verb {
	for i := range p.Verbs {
		if p.Verbs[i].Name == name {
			return &p.Verbs[i]
		}
	}
	return nil
}

func (p *Program) names() []string {
	var names []string
	for _, v := range p.Verbs {
		if !v.Hidden {
			names = append(names, v.Name)
		}
	}
	return names
}

// arity checks the number of positionals against "A B [C]"; a last word with
// three dots takes any number.
func arity(args string, have int) error {
	need, most := 0, 0
	for _, w := range strings.Fields(args) {
		most++
		if w[0] != '[' {
			need++
		}
		if strings.Contains(w, "...") {
			most = 1 << 30
		}
	}
	switch {
	case have < need:
		return fail.Usage("have %d arguments, need %s", have, args)
	case have > most && most == 0:
		return fail.Usage("have %d arguments, need none", have)
	case have > most:
		return fail.Usage("have %d arguments, need %s", have, args)
	}
	return nil
}

func (p *Program) printVersion(c *Call) error {
	text := p.Name + " version " + Version + "\n"
	if Commit != "" {
		text += "commit: " + Commit + "\n"
	}
	if p.VersionText != nil {
		text = p.VersionText()
	}
	return c.Print([]byte(text))
}

// Print writes to stdout; a write that is refused is a failure.
func (c *Call) Print(b []byte) error {
	if _, err := c.Stdout.Write(b); err != nil {
		return fail.New("", "write stdout: %w", errors.Unwrap(err))
	}
	return nil
}
