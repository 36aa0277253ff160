package main

import (
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

//go:generate env GT_WRITE=1 go test -run ^TestTable$ .

// options is the command line, in kong's notation; the help texts are the
// manual's, shortened. The table it is parsed by is made of it beforehand
// (table.go): at each start kong would take longer than a container's birth.
type options struct {
	Name        string   `placeholder:"NAME" help:"Name of the container; it is kept when its program has ended."`
	Rootfs      string   `placeholder:"PATH" default:"host" help:"Root filesystem: a directory, a tar archive, tiny, or host."`
	Cmd         *string  `placeholder:"COMMAND" help:"Command as one text, cut into words as a shell does."`
	Interactive bool     `short:"i" help:"Pass stdin on; without a command, run /bin/sh."`
	TTY         bool     `name:"tty" short:"t" help:"Give the program a terminal."`
	Volume      []string `short:"v" sep:"none" placeholder:"HOST:CONTAINER[:OPTIONS]" help:"Bring a directory or file in."`
	Env         []string `short:"e" sep:"none" placeholder:"NAME[=VALUE]" help:"Set a variable, or copy one."`
	EnvFile     []string `sep:"none" placeholder:"FILE" help:"Set the variables of a file, a line each."`
	User        *string  `short:"u" placeholder:"USER[:GROUP]" help:"Run as this user, by number or name."`
	Workdir     string   `short:"w" placeholder:"DIR" help:"Start in this directory of the container."`
	Hostname    *string  `placeholder:"NAME" help:"Hostname; the container's name if not given."`
	ReadOnly    bool     `help:"Mount the root filesystem read-only."`
	Rm          bool     `help:"Remove the container when its program has ended."`
	Detach      bool     `short:"d" help:"Print the name and leave the container running."`
	Rootless    bool     `help:"Run without privileges, in a user namespace."`
	Tmpfs       []string `sep:"none" placeholder:"DIR[:OPTIONS]" help:"Mount a tmpfs."`
	Mount       []string `sep:"none" placeholder:"type=…,source=…,target=…" help:"Mount as docker's --mount does."`
	Label       []string `short:"l" sep:"none" placeholder:"NAME=VALUE" help:"Note something, for ps --filter."`
	Annotation  []string `sep:"none" placeholder:"NAME=VALUE" help:"The same."`
	Entrypoint  *string  `placeholder:"COMMAND" help:"Program that the command's words are given to."`
	Domainname  string   `placeholder:"NAME" help:"NIS domain name."`
	Init        bool     `help:"Put a process 1 in front that reaps and passes signals on."`
	JSON        bool     `name:"json" help:"At the end, say on stderr as a JSON line what the command used."`
	Diff        bool     `help:"At the end, show on stderr what the command changed in its root."`
	Commit      bool     `help:"With the host's root: make the changes, if the command succeeded."`
	JUnit       string   `name:"junit" placeholder:"FILE" help:"At the end, write there what happened as a test of JUnit's form."`
	Network
	Resources
	Security
	Supervision
	Root    string `placeholder:"DIR" help:"State directory."`
	Debug   bool   `help:"Show what the tools log."`
	DryRun  bool   `help:"Print the bundle and the commands, do nothing."`
	Version bool   `help:"Print the version."`

	Command []string `kong:"-"` // and its arguments
}

// errHelp is what parse returns when the help has been asked for and shown.
var errHelp = errors.New("help was shown")

const description = `gt-run: run a command in a container

usage: gt-run [options] [--] COMMAND [ARGUMENT...]

The exit status is the command's own, 128+n if signal n ended it, 125 if gt-run
failed, 126 if the command cannot be executed, 127 if it is not there.

options:
`

func parse(args []string, stdout io.Writer) (*options, error) {
	o, help := &options{}, false
	line := &tool.Line{Options: table(o, &help), StopAt: 1, Help: "gt-run --help", Advice: instead}
	words, rest, err := line.Parse(args)
	if err != nil {
		return nil, err
	}
	if help {
		// Made again: what the command line has set would look like defaults.
		if _, err := io.WriteString(stdout, description+table(&options{}, &help).Text()); err != nil {
			return nil, err
		}
		return nil, errHelp
	}
	o.Command = append(words, rest...)
	// As every tool of the project takes it; what else DEBUG may hold is others' business.
	o.Debug = o.Debug || os.Getenv("DEBUG") == "1"
	return o, o.check()
}

func table(o *options, help *bool) *tool.Options {
	t := &tool.Options{}
	o.declare(t)
	*help = false
	t.Bool(help, "help", 'h', "Show this help.")
	return t
}

// text takes a value that may be empty; not given is nil.
func text(to **string) func(string) error {
	return func(v string) error { *to = &v; return nil }
}

// whole takes a number that may be 0; not given is nil.
func whole[T int | int64 | uint16 | uint64](to **T) func(string) error {
	return func(text string) error {
		n, err := strconv.ParseInt(text, 10, 64)
		v := T(n)
		if err != nil || int64(v) != n || (v < 0) != (n < 0) {
			return fail.Usage("have %q, need a whole number", text)
		}
		*to = &v
		return nil
	}
}

// check refuses what contradicts itself or is not there yet.
func (o *options) check() error {
	switch {
	case o.Cmd != nil && len(o.Command) > 0:
		return fail.Usage("--cmd and the command %q are both there, need one", strings.Join(o.Command, " "))
	case o.Rm && o.Restart != "" && o.Restart != "no":
		return fail.Usage("--rm and --restart are both there, need one")
	case o.Detach && o.after():
		return fail.Usage("--detach and --json, --junit, --diff or --commit are both there: these are for the end of a command in the foreground")
	case o.Commit && o.Rootfs != kindHost:
		return fail.Usage("--commit: have --rootfs %s, need host (gt-run commit is for others)", o.Rootfs)
	case o.Rootfs == "":
		return fail.Usage("--rootfs is empty, need a directory, a tar archive, tiny or host")
	case o.Workdir != "" && o.Workdir[0] != '/':
		return fail.Usage("--workdir: %q is relative, need an absolute path", o.Workdir)
	case o.Hostname != nil && (*o.Hostname == "" || len(*o.Hostname) > 64):
		return fail.Usage("--hostname: have %d characters, need 1 to 64", len(*o.Hostname))
	}
	if _, _, rootless, err := own(); err != nil || o.Rootless && !rootless {
		return errors.Join(err, fail.Usage("--rootless: caller is root, need an ordinary user"))
	}
	if err := o.Supervision.check(o.Detach); err != nil {
		return err
	}
	return o.Network.check()
}
