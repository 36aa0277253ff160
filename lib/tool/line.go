package tool

import "strings"

// A Line is a command line without verbs, for a program that has its own exit
// codes or none of the options that every tool of the project takes.
type Line struct {
	Options *Options
	StopAt  int               // positionals after which the rest is taken as it is; 0 is never
	Help    string            // what to type to see the options
	Advice  map[string]string // what to use instead of an option that is not there
}

// Parse returns the positionals, and the words it left alone because StopAt was
// reached.
func (l *Line) Parse(args []string) (words, rest []string, err error) {
	p := &parser{tables: []*Options{l.Options}, stopAt: l.StopAt, help: l.Help, advice: l.Advice}
	return p.parse(args)
}

// Text is the list of options as help shows it.
func (o *Options) Text() string {
	var b strings.Builder
	o.write(&b)
	return b.String()
}

// Names are the long names of the options that help shows.
func (o *Options) Names() []string {
	var names []string
	for _, opt := range o.list {
		if !opt.hidden {
			names = append(names, opt.name)
		}
	}
	return names
}
