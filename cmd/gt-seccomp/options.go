package main

import (
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/seccomp"
)

const usage = `usage: gt-seccomp compile  [-o FILE] [--cap LIST] [--arch ARCH] [--kernel VERSION] [FILE|-]
       gt-seccomp dump     [--format bpf|pfc] [--cap LIST] [--arch ARCH] [--kernel VERSION] [FILE|-]
       gt-seccomp default  [--cap LIST] [--arch ARCH] [--kernel VERSION]
       gt-seccomp features
`

// options of all verbs.
type options struct {
	input  string // file, or - for stdin
	output string // file, or - for stdout
	format string // bpf or pfc
	help   bool
	target target
}

// taken says which options a verb has, by long name.
var taken = map[string][]string{
	"compile":  {"output", "cap", "arch", "kernel"},
	"dump":     {"format", "cap", "arch", "kernel"},
	"default":  {"cap", "arch", "kernel"},
	"features": {},
}

var long = map[string]string{"-o": "--output", "-f": "--format"}

func parse(verb string, args []string) (*options, error) {
	names, ok := taken[verb]
	if !ok {
		return nil, fail.Usage("unknown verb %q, need compile, dump, default or features", verb)
	}
	opt := &options{input: "-", output: "-", format: "bpf", target: hostTarget()}
	var words []string
	for i := 0; i < len(args); i++ {
		if args[i] == "--help" || args[i] == "-h" {
			opt.help = true
			return opt, nil
		}
		if args[i] == "-" || !strings.HasPrefix(args[i], "-") {
			words = append(words, args[i])
			continue
		}
		name, value, given := strings.Cut(args[i], "=")
		if l, ok := long[name]; ok {
			name = l
		}
		if !slices.Contains(names, strings.TrimPrefix(name, "--")) || !strings.HasPrefix(name, "--") {
			return nil, fail.Usage("%s: unknown option %s", verb, args[i])
		}
		if !given {
			if i++; i == len(args) {
				return nil, fail.Usage("%s: %s needs a value", verb, name)
			}
			value = args[i]
		}
		if err := opt.set(name, value); err != nil {
			return nil, err
		}
	}
	return opt, opt.positional(verb, words)
}

func (o *options) positional(verb string, words []string) error {
	most := 0
	if verb == "compile" || verb == "dump" {
		most = 1
	}
	if len(words) > most {
		return fail.Usage("%s: unexpected argument %q", verb, words[most])
	}
	if len(words) == 1 {
		o.input = words[0]
	}
	return nil
}

func (o *options) set(name, value string) error {
	switch name {
	case "--output":
		o.output = value
	case "--format":
		if value != "bpf" && value != "pfc" {
			return fail.Usage("--format: have %q, need bpf or pfc", value)
		}
		o.format = value
	case "--cap":
		for _, c := range strings.Split(value, ",") {
			c = "CAP_" + strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(c)), "CAP_")
			o.target.caps = append(o.target.caps, c)
		}
	case "--arch":
		o.target.arch = specs.Arch(value)
		if a := seccomp.ArchOf(value); a != "" {
			o.target.arch = a
		}
		if !slices.Contains(seccomp.Features().Archs, string(o.target.arch)) {
			return fail.Usage("--arch: unknown architecture %q, need one as amd64 or SCMP_ARCH_X86_64", value)
		}
	case "--kernel":
		v, ok := kernelVersion(value)
		if !ok {
			return fail.Usage("--kernel: have %q, need a version as 6.1", value)
		}
		o.target.kernel = v
	}
	return nil
}
