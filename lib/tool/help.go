package tool

import (
	"strconv"
	"strings"
	"time"
)

// column is where the right side of a help line begins.
const column = 34

func (p *Program) helpText() []byte {
	var b strings.Builder
	b.WriteString(p.Name + ": " + p.Summary + "\n\nusage: " + p.Name + " [options]")
	if p.Verb == nil {
		b.WriteString(" COMMAND [options] [arguments]\n")
	} else {
		b.WriteString(strings.TrimRight(" "+p.Verb.Args, " ") + "\n")
	}
	if p.Manual != "" {
		b.WriteString("\n" + strings.TrimSpace(p.Manual) + "\n")
	}
	if p.Verb == nil {
		b.WriteString("\ncommands:\n")
	}
	for _, v := range p.Verbs {
		if !v.Hidden {
			helpLine(&b, strings.TrimRight("  "+v.Name+" "+v.Args, " "), v.Summary)
		}
	}
	b.WriteString("\noptions:\n")
	// Made again: what the command line has set would look like defaults.
	fresh := &Call{LogFormat: "text"}
	if p.Verb != nil {
		own := &Options{call: fresh}
		p.Verb.Make(own)
		own.write(&b)
	}
	p.globals(fresh, new(bool), new(bool)).write(&b)
	if p.Verb == nil {
		b.WriteString("\n" + p.Name + " COMMAND --help shows the options of a command.\n")
	}
	return []byte(b.String())
}

func (p *Program) helpVerb(c *Call, v *Verb) error {
	var b strings.Builder
	own := &Options{call: &Call{}}
	v.Make(own)
	b.WriteString(p.Name + " " + v.Name + ": " + v.Summary + "\n\nusage: " + p.Name + " " + v.Name)
	if len(own.list) > 0 {
		b.WriteString(" [options]")
	}
	b.WriteString(strings.TrimRight(" "+v.Args, " ") + "\n")
	if len(own.list) > 0 {
		b.WriteString("\noptions:\n")
		own.write(&b)
	}
	b.WriteString("\n" + p.Name + " --help shows the options that every command takes.\n")
	return c.Print([]byte(b.String()))
}

func (o *Options) write(b *strings.Builder) {
	for _, opt := range o.list {
		if opt.hidden {
			continue
		}
		left := "      --" + opt.name
		if opt.short != 0 {
			left = "  -" + string(rune(opt.short)) + ", --" + opt.name
		}
		if opt.arg != "" {
			left += " " + opt.arg
		}
		right := opt.help
		if d := opt.standard(); d != "" {
			right += " (default " + d + ")"
		}
		helpLine(b, left, right)
	}
}

// standard is the value an option has when nothing is said, if that is worth a
// word.
func (opt *option) standard() string {
	switch v := opt.target.(type) {
	case *string:
		return *v
	case *bool:
		if *v {
			return "true"
		}
	case *int:
		return number(int64(*v))
	case *int64:
		return number(*v)
	case *uint64:
		if *v != 0 {
			return strconv.FormatUint(*v, 10)
		}
	case *float64:
		if *v != 0 {
			return strconv.FormatFloat(*v, 'g', -1, 64)
		}
	case *[]string:
		return strings.Join(*v, " ")
	case *time.Duration:
		if *v > 0 {
			return v.String()
		}
	}
	return ""
}

// number hides 0 and -1: they stand for "not set".
func number(n int64) string {
	if n == 0 || n == -1 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func helpLine(b *strings.Builder, left, right string) {
	b.WriteString(left)
	if n := column - len(left); n > 1 {
		b.WriteString(strings.Repeat(" ", n))
	} else {
		b.WriteString("\n" + strings.Repeat(" ", column))
	}
	b.WriteString(right + "\n")
}
