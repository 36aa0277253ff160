package systemd

import (
	"math"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Prefix of annotations that are properties of the container's unit.
const Prefix = "org.systemd.property."

// Annotated reads an annotation org.systemd.property.NAME. The value is written
// as GVariant text: 'simple', true, uint64 5, ['a', 'b'], @as []. A name in
// …Sec has seconds, which systemd wants as …USec in microseconds.
func Annotated(key, text string) (Property, error) {
	name := strings.TrimPrefix(key, Prefix)
	for i := range len(name) {
		c := name[i]
		if letter := c >= 'A' && c <= 'Z' || i > 0 && c >= 'a' && c <= 'z'; !letter {
			return Property{}, fail.New(fail.CodeSpec, "have property %q, need a name of letters such as TimeoutStopUSec", name)
		}
	}
	if len(name) < 3 {
		return Property{}, fail.New(fail.CodeSpec, "have property %q, need a name of letters such as TimeoutStopUSec", name)
	}
	v, err := Parse(text)
	if err != nil {
		return Property{}, err
	}
	if base, ok := strings.CutSuffix(name, "Sec"); ok && !strings.HasSuffix(name, "USec") {
		us, ok := microseconds(v.Data)
		if !ok {
			return Property{}, fail.New(fail.CodeSpec, "have %q, need seconds from 0 to 18446744073709", text)
		}
		return Property{base + "USec", Number(us)}, nil
	}
	return Property{name, v}, nil
}

func microseconds(data any) (uint64, bool) {
	var f float64
	switch n := data.(type) {
	case int16:
		f = float64(n)
	case uint16:
		f = float64(n)
	case int32:
		f = float64(n)
	case uint32:
		f = float64(n)
	case int64:
		f = float64(n)
	case uint64:
		f = float64(n)
	case float64:
		f = n
	default:
		return 0, false
	}
	us := f * 1e6
	return uint64(us), us >= 0 && us < math.MaxUint64
}

// Parse reads a value in GVariant text: booleans, strings, numbers, with or
// without their type in front, arrays, tuples, variants.
func Parse(text string) (Value, error) {
	p := &parser{text: text}
	v := p.value("", 0)
	p.space()
	if p.why == "" && p.at < len(text) {
		p.why = "nothing more"
	}
	if p.why != "" {
		return Value{}, fail.New(fail.CodeSpec, "have %q, need %s at byte %d", text, p.why, p.at)
	}
	return v, nil
}

type parser struct {
	text string
	at   int
	why  string // what was needed; the first counts
}

// keyword is the type that a word in front of a value names, "" for none. It is
// no map: every start of the program would pay for that.
func keyword(w string) string {
	for _, k := range [...][2]string{
		{"boolean", "b"},
		{"byte", "y"},
		{"int16", "n"},
		{"uint16", "q"},
		{"int32", "i"},
		{"uint32", "u"},
		{"int64", "x"},
		{"uint64", "t"},
		{"double", "d"},
		{"string", "s"},
		{"objectpath", "o"},
		{"signature", "g"},
	} {
		if k[0] == w {
			return k[1]
		}
	}
	return ""
}

func (p *parser) need(what string) Value {
	if p.why == "" {
		p.why = what
	}
	return Value{"b", false}
}

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// next is the byte that comes, 0 at the end.
func (p *parser) next() byte {
	p.space()
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) eat(c byte) bool {
	if p.next() != c {
		return false
	}
	p.at++
	return true
}

// value reads one of a type, or of the type that its looks tell.
func (p *parser) value(sig string, depth int) Value {
	if depth > 16 {
		return p.need("at most 16 values in each other")
	}
	switch c := p.next(); {
	case p.why != "":
		return Value{"b", false}
	case c == '@' && sig == "":
		p.at++
		end := strings.IndexAny(p.text[p.at:], " \t\r\n")
		if end < 0 || !known(p.text[p.at:p.at+end]) {
			return p.need("a type such as as")
		}
		sig = p.text[p.at : p.at+end]
		p.at += end
		return p.value(sig, depth+1)
	case c == '[':
		return p.array(sig, depth)
	case c == '(':
		return p.tuple(sig, depth)
	case c == '<':
		p.at++
		v := variant(p.value("", depth+1))
		if !p.eat('>') || sig != "" && sig != "v" {
			return p.need("a variant and >")
		}
		return v
	case c == '\'' || c == '"':
		return p.quoted(sig, c)
	}
	return p.bare(sig, depth)
}

// known tells whether a signature is one complete type of those that are read.
func known(sig string) bool {
	n := complete(sig, 0)
	return n > 0 && n == len(sig)
}

// complete is the length of the first complete type of a signature, 0 for none.
func complete(sig string, depth int) int {
	if sig == "" || depth > 16 {
		return 0
	}
	switch c := sig[0]; c {
	case 'a':
		if n := complete(sig[1:], depth+1); n > 0 {
			return n + 1
		}
	case '(':
		at := 1
		for at < len(sig) && sig[at] != ')' {
			n := complete(sig[at:], depth+1)
			if n == 0 {
				return 0
			}
			at += n
		}
		if at > 1 && at < len(sig) {
			return at + 1
		}
	default:
		if strings.IndexByte("bynqiuxtdsogv", c) >= 0 {
			return 1
		}
	}
	return 0
}

func (p *parser) array(sig string, depth int) Value {
	p.at++
	of := ""
	if sig != "" {
		if sig[0] != 'a' {
			return p.need("a value of type " + sig)
		}
		of = sig[1:]
	}
	items := []Value{}
	for p.why == "" && !p.eat(']') {
		if len(items) > 0 && !p.eat(',') {
			return p.need(", or ]")
		}
		v := p.value(of, depth+1)
		of = v.Sig
		items = append(items, v)
	}
	if of == "" {
		return p.need("a type, as in @as []")
	}
	return Value{"a" + of, items}
}

func (p *parser) tuple(sig string, depth int) Value {
	p.at++
	rest := ""
	if sig != "" {
		if sig[0] != '(' {
			return p.need("a value of type " + sig)
		}
		rest = sig[1 : len(sig)-1]
	}
	items, all := []Value{}, ""
	for p.why == "" && !p.eat(')') {
		if len(items) > 0 {
			if !p.eat(',') {
				return p.need(", or )")
			}
			if p.eat(')') { // (1,) is a tuple of one
				break
			}
		}
		n := complete(rest, 0)
		v := p.value(rest[:n], depth+1)
		rest = rest[n:]
		items, all = append(items, v), all+v.Sig
	}
	if len(items) == 0 || rest != "" || sig != "" && sig != "("+all+")" {
		return p.need("a tuple " + sig + " of one value or more")
	}
	return Value{"(" + all + ")", items}
}

func (p *parser) quoted(sig string, quote byte) Value {
	if sig == "" {
		sig = "s"
	}
	if sig != "s" && sig != "o" && sig != "g" {
		return p.need("a value of type " + sig)
	}
	p.at++
	var b []byte
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		if c == quote {
			if sig == "g" && len(b) > 255 {
				return p.need("a signature of at most 255 bytes")
			}
			return Value{sig, string(b)}
		}
		if c == '\\' && p.at < len(p.text) {
			c = p.text[p.at]
			p.at++
			if i := strings.IndexByte("nt", c); i >= 0 {
				c = "\n\t"[i]
			} else if strings.IndexByte(`\'"`, c) < 0 {
				return p.need(`one of \\, \', \", \n, \t`)
			}
		}
		if c == 0 {
			return p.need("text without NUL")
		}
		b = append(b, c)
	}
	return p.need("the end of the string")
}

// bare is true, false, a number, or the name of a type before one.
func (p *parser) bare(sig string, depth int) Value {
	start := p.at
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n,[]()<>'\"", p.text[p.at]) < 0 {
		p.at++
	}
	w := p.text[start:p.at]
	if kind := keyword(w); kind != "" {
		if sig != "" && sig != kind {
			p.at = start
			return p.need("a value of type " + sig)
		}
		return p.value(kind, depth+1)
	}
	if w == "true" || w == "false" {
		if sig != "" && sig != "b" {
			return p.need("a value of type " + sig)
		}
		return Value{"b", w == "true"}
	}
	if sig == "" {
		sig = "i"
		if strings.ContainsAny(w, ".eE") && !strings.HasPrefix(w, "0x") {
			sig = "d"
		}
	}
	v, ok := numeral(sig, w)
	if !ok {
		p.at = start
		return p.need("a value of type " + sig)
	}
	return v
}

func numeral(sig, text string) (Value, bool) {
	bits := map[string]int{"y": 8, "n": 16, "q": 16, "i": 32, "u": 32, "x": 64, "t": 64}[sig]
	switch sig {
	case "d":
		f, err := strconv.ParseFloat(text, 64)
		return Value{sig, f}, err == nil
	case "n", "i", "x":
		n, err := strconv.ParseInt(text, 0, bits)
		return Value{sig, map[string]any{"n": int16(n), "i": int32(n), "x": n}[sig]}, err == nil
	case "y", "q", "u", "t":
		n, err := strconv.ParseUint(text, 0, bits)
		return Value{sig, map[string]any{"y": byte(n), "q": uint16(n), "u": uint32(n), "t": n}[sig]}, err == nil
	}
	return Value{}, false
}
