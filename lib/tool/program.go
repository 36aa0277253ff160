// Package tool is the skeleton of every binary: its command line, "ID or JSON
// on stdin", how it reports what went wrong, and its exit code.
package tool

import (
	"os"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Version and Commit are set by the linker.
var Version, Commit = "dev", ""

// A Verb is one command of a program. Make declares its options and returns
// what runs it; it is called only for the verb that was chosen.
type Verb struct {
	Name    string
	Args    string // "ID [SIGNAL]"; a last word with three dots takes any number
	Summary string
	Hidden  bool
	StopAt  int // positionals after which the rest is taken as it is; 0 is never
	Make    func(o *Options) func(c *Call) error
}

// A Program is one binary.
type Program struct {
	Name    string
	Summary string
	Manual  string // what --help says between the summary and the lists
	Verbs   []Verb
	// Verb is what a program without verbs does; its Name is empty.
	Verb *Verb
	// Options declares what every verb takes, beside --root, --log,
	// --log-format and --debug.
	Options func(o *Options)
	// Before runs after the command line was read and before the verb.
	Before func(c *Call) error
	// VersionText replaces the text of --version.
	VersionText func() string
	// Exit replaces fail.Exit for a verb.
	Exit func(verb string, err error) int
}

// A Call is one invocation.
type Call struct {
	Tool, Verb           string
	Args                 []string // positionals
	Root, Log, LogFormat string   // Root is absolute
	Format               string   // what Options.Format declared
	Debug                bool
	Level                string // least that is said: debug, warning, error
	Stdin                *os.File
	Stdout, Stderr       *os.File

	object  string // what the verb is working on, for reports
	logFile *os.File
}

// An ExitStatus is what a verb returns to end with this exit code and without
// a word: the code is another program's, which has spoken for itself.
type ExitStatus int

func (ExitStatus) Error() string { return "another program's exit status" }

// Main parses the command line, runs the verb, reports, and exits.
func Main(p *Program) {
	c := &Call{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	os.Exit(p.call(c, os.Args[1:]))
}

// call is Main without the exit.
func (p *Program) call(c *Call, args []string) int {
	c.Tool, c.LogFormat, c.Debug = p.Name, "text", os.Getenv("DEBUG") == "1"
	err := p.run(c, args)
	if err == nil {
		return 0
	}
	if status, ok := err.(ExitStatus); ok { //nolint:errorlint // never wrapped
		return int(status)
	}
	c.report(err)
	if p.Exit != nil {
		return p.Exit(c.Verb, err)
	}
	return fail.Exit(err)
}

func (p *Program) globals(c *Call, help, version *bool) *Options {
	o := &Options{call: c}
	o.String(&c.Root, "root", 0, "DIR", "state directory ($GOPHERTAINER_ROOT, else /run/oci-runtime)")
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
	verb, own := p.Verb, &Options{call: c}
	line := &parser{tables: []*Options{own, global}, help: p.Name + " --help"}
	if verb == nil {
		words, rest, err := (&parser{tables: []*Options{global}, stopAt: 1, help: line.help}).parse(args)
		if err != nil {
			return err
		}
		if len(words) == 0 || help || version || words[0] == "help" {
			return p.without(c, append(words, rest...), help, version)
		}
		if verb, err = p.verb(words[0]); err != nil {
			return err
		}
		c.Verb, args = verb.Name, rest
		line.later, line.help = true, p.Name+" "+verb.Name+" --help"
	}
	do := verb.Make(own)
	line.stopAt = verb.StopAt
	words, rest, err := line.parse(args)
	switch {
	case err != nil:
		return err
	case version:
		return p.printVersion(c)
	case help && p.Verb != nil:
		return p.without(c, nil, true, false)
	case help:
		return p.helpVerb(c, verb)
	}
	if len(rest) > 0 && rest[0] == "--" {
		rest = rest[1:]
	}
	c.Args = append(words, rest...)
	if err := arity(verb.Args, len(c.Args)); err != nil {
		return err
	}
	if err := p.ready(c); err != nil {
		return err
	}
	return do(c)
}

// ready settles what the command line left open.
func (p *Program) ready(c *Call) error {
	if len(c.Args) > 0 {
		c.object = c.Args[0]
	}
	if err := c.openLog(); err != nil {
		return err
	}
	if err := c.settleRoot(); err != nil {
		return err
	}
	if p.Before == nil {
		return nil
	}
	return p.Before(c)
}

// without is a command line that chose no verb.
func (p *Program) without(c *Call, words []string, help, version bool) error {
	if version {
		return p.printVersion(c)
	}
	if len(words) > 0 && words[0] == "help" {
		words, help = words[1:], true
	}
	if len(words) > 0 {
		verb, err := p.verb(words[0])
		if err != nil {
			return err
		}
		return p.helpVerb(c, verb)
	}
	if help {
		return c.Print(p.helpText())
	}
	if _, err := c.Stderr.Write(p.helpText()); err != nil {
		return err
	}
	return fail.Usage("have no command, need one of: %s", strings.Join(p.names(), " "))
}

func (p *Program) verb(name string) (*Verb, error) {
	for i := range p.Verbs {
		if p.Verbs[i].Name == name {
			return &p.Verbs[i], nil
		}
	}
	if near := nearest(name, p.names()); near != "" {
		return nil, fail.Usage("unknown command %s, nearest is %s", name, near)
	}
	return nil, fail.Usage("unknown command %s, need one of: %s", name, strings.Join(p.names(), " "))
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
