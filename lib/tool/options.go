package tool

import (
	"strconv"
	"strings"
	"time"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Options is the option table of a program or of one verb. The value a pointer
// holds when it is declared is the default, and help shows it. A short name of
// 0 means that there is none; arg is the word help prints for the value.
type Options struct {
	list []*option
	call *Call
}

type option struct {
	name   string
	short  byte
	arg    string // empty: a switch
	help   string
	values []string // the words an enum accepts
	target any
	hidden bool
	before bool // only before the verb
}

func (o *Options) add(opt option) *option {
	p := &opt
	o.list = append(o.list, p)
	return p
}

// String declares an option with a value that is taken as it is.
func (o *Options) String(v *string, name string, short byte, arg, help string) {
	o.add(option{name: name, short: short, arg: arg, help: help, target: v})
}

// Bool declares a switch: --x, --x=true or --x=false.
func (o *Options) Bool(v *bool, name string, short byte, help string) {
	o.add(option{name: name, short: short, help: help, target: v})
}

// Int declares a whole number, decimal.
func (o *Options) Int(v *int, name string, short byte, arg, help string) {
	o.add(option{name: name, short: short, arg: arg, help: help, target: v})
}

// Int64 declares a whole number, decimal.
func (o *Options) Int64(v *int64, name string, short byte, arg, help string) {
	o.add(option{name: name, short: short, arg: arg, help: help, target: v})
}

// Uint64 declares a whole number that is not negative, decimal.
func (o *Options) Uint64(v *uint64, name string, short byte, arg, help string) {
	o.add(option{name: name, short: short, arg: arg, help: help, target: v})
}

// Float declares a decimal number.
func (o *Options) Float(v *float64, name string, short byte, arg, help string) {
	o.add(option{name: name, short: short, arg: arg, help: help, target: v})
}

// Strings declares an option that may be repeated; each value is appended.
func (o *Options) Strings(v *[]string, name string, short byte, arg, help string) {
	o.add(option{name: name, short: short, arg: arg, help: help, target: v})
}

// Duration declares a time span: 300ms, 10s, 1m30s; a plain number is seconds.
func (o *Options) Duration(v *time.Duration, name string, short byte, arg, help string) {
	o.add(option{name: name, short: short, arg: arg, help: help, target: v})
}

// Enum declares an option that accepts the given words only.
func (o *Options) Enum(v *string, name string, short byte, values []string, help string) {
	o.add(option{name: name, short: short, arg: strings.Join(values, "|"), help: help, values: values, target: v})
}

// Func declares an option whose values f takes; f's error names what is needed.
func (o *Options) Func(f func(value string) error, name string, short byte, arg, help string) {
	o.add(option{name: name, short: short, arg: arg, help: help, target: f})
}

// Format declares --format (-f) with the given words and stores it in
// Call.Format; the first word is the default.
func (o *Options) Format(values ...string) {
	v := new(string)
	if o.call != nil {
		v = &o.call.Format
	}
	*v = values[0]
	o.Enum(v, "format", 'f', values, "form of the output")
}

// Hidden keeps declared options out of help.
func (o *Options) Hidden(names ...string) {
	for _, name := range names {
		if opt := o.long(name); opt != nil {
			opt.hidden = true
		}
	}
}

func (o *Options) long(name string) *option {
	for _, opt := range o.list {
		if opt.name == name {
			return opt
		}
	}
	return nil
}

func (o *Options) letter(c byte) *option {
	for _, opt := range o.list {
		if opt.short == c {
			return opt
		}
	}
	return nil
}

// set gives the option a value; a switch without one gets "true".
func (opt *option) set(value string) error {
	need := ""
	var err error
	switch v := opt.target.(type) {
	case *string:
		if opt.values != nil && !has(opt.values, value) {
			need = alternatives(opt.values)
			break
		}
		*v = value
	case *bool:
		*v, err = strconv.ParseBool(value)
		need = "true or false"
	case *int:
		*v, err = strconv.Atoi(value)
		need = "a whole number"
	case *int64:
		*v, err = strconv.ParseInt(value, 10, 64)
		need = "a whole number"
	case *uint64:
		*v, err = strconv.ParseUint(value, 10, 64)
		need = "a whole number, 0 or more"
	case *float64:
		*v, err = strconv.ParseFloat(value, 64)
		need = "a number"
	case *[]string:
		*v = append(*v, value)
	case *time.Duration:
		*v, err = parseDuration(value)
		need = "a time such as 10s"
	case func(string) error:
		if err := v(value); err != nil {
			return &fail.Error{Code: fail.CodeUsage, Op: "--" + opt.name, Cause: err}
		}
	}
	if err != nil || (opt.values != nil && need != "") {
		return fail.Usage("--%s: have %q, need %s", opt.name, value, need)
	}
	return nil
}

func parseDuration(s string) (time.Duration, error) {
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		s = strconv.FormatFloat(n, 'f', -1, 64) + "s"
	}
	return time.ParseDuration(s)
}

func has(words []string, w string) bool {
	for _, x := range words {
		if x == w {
			return true
		}
	}
	return false
}

// alternatives reads "a, b or c".
func alternatives(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
