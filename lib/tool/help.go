package tool

import (
	"strings"
)

func (p *Program) help(c *Call, global *Options) error {
	var b strings.Builder
	b.WriteString(p.Name + ": " + p.Summary + "\n\nusage: " + p.Name + " [options] COMMAND [options] [arguments]\n\ncommands:\n")
	for _, v := range p.Verbs {
		if !v.Hidden {
			line(&b, "  "+v.Name+" "+v.Args, v.Summary)
		}
	}
	b.WriteString("\noptions:\n")
	global.write(&b)
	b.WriteString("\n" + p.Name + " COMMAND --help shows the options of a command.\n")
	return c.Print([]byte(b.String()))
}

func (p *Program) helpVerb(c *Call, v *Verb, own *Options) error {
	var b strings.Builder
	b.WriteString(p.Name + " " + v.Name + ": " + v.Summary + "\n\nusage: " + p.Name + " " + v.Name)
	if len(own.list) > 0 {
		b.WriteString(" [options]")
	}
	b.WriteString(" " + v.Args + "\n")
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
		line(b, left, opt.help)
	}
}

func line(b *strings.Builder, left, right string) {
	b.WriteString(left)
	for n := len(left); n < 34; n++ {
		b.WriteByte(' ')
	}
	if len(left) >= 34 {
		b.WriteString("  ")
	}
	b.WriteString(right + "\n")
}
