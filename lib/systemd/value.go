package systemd

import (
	"encoding/binary"
	"math"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Value is something of a D-Bus type. Data is, by the first letter of Sig:
// string for s, o and g; bool for b; byte, int16, uint16, int32, uint32, int64,
// uint64 and float64 for y, n, q, i, u, x, t and d; []Value for a and for a
// struct; Value for v.
type Value struct {
	Sig  string
	Data any
}

// A Property of a unit, as org.freedesktop.systemd1(5) names it.
type Property struct {
	Name  string
	Value Value
}

// String is a value of type s.
func String(s string) Value { return Value{"s", s} }

// Bool is a value of type b.
func Bool(b bool) Value { return Value{"b", b} }

// Number is a value of type t.
func Number(n uint64) Value { return Value{"t", n} }

// Bytes is a value of type ay.
func Bytes(b []byte) Value { return list("y", b, func(c byte) Value { return Value{"y", c} }) }

// Words is a value of type au.
func Words(w []uint32) Value { return list("u", w, word) }

func object(s string) Value { return Value{"o", s} }
func variant(v Value) Value { return Value{"v", v} }
func word(n uint32) Value   { return Value{"u", n} }

// Pairs is an array of a string with a further value each.
func Pairs(sig string, pairs ...[2]Value) Value {
	return list(sig, pairs, func(p [2]Value) Value { return Value{sig, []Value{p[0], p[1]}} })
}

func list[T any](sig string, items []T, make func(T) Value) Value {
	all := []Value{}
	for _, i := range items {
		all = append(all, make(i))
	}
	return Value{"a" + sig, all}
}

// align is the alignment of a type by its first letter (D-Bus Specification,
// "Marshaling").
func align(kind byte) int {
	switch kind {
	case 'n', 'q':
		return 2
	case 'b', 'i', 'u', 's', 'o', 'a':
		return 4
	case 'x', 't', 'd', '(', '{':
		return 8
	}
	return 1 // y, g, v
}

// order: the peer is on the same machine, but the format wants it said, and
// little is what all of them read.
var order = binary.LittleEndian

// writer marshals from a place that is aligned to 8.
type writer struct{ b []byte }

func (w *writer) pad(n int) {
	for len(w.b)%n != 0 {
		w.b = append(w.b, 0)
	}
}

func (w *writer) u32(n uint32) {
	w.pad(4)
	w.b = order.AppendUint32(w.b, n)
}

func (w *writer) text(s string) {
	w.u32(uint32(len(s)))
	w.b = append(append(w.b, s...), 0)
}

func (w *writer) signature(s string) {
	w.b = append(append(append(w.b, byte(len(s))), s...), 0)
}

func (w *writer) put(v Value) {
	w.pad(align(v.Sig[0]))
	switch d := v.Data.(type) {
	case string:
		if v.Sig == "g" {
			w.signature(d)
		} else {
			w.text(d)
		}
	case bool:
		n := uint32(0)
		if d {
			n = 1
		}
		w.u32(n)
	case byte:
		w.b = append(w.b, d)
	case int16:
		w.b = order.AppendUint16(w.b, uint16(d))
	case uint16:
		w.b = order.AppendUint16(w.b, d)
	case int32:
		w.u32(uint32(d))
	case uint32:
		w.u32(d)
	case int64:
		w.b = order.AppendUint64(w.b, uint64(d))
	case uint64:
		w.b = order.AppendUint64(w.b, d)
	case float64:
		w.b = order.AppendUint64(w.b, math.Float64bits(d))
	case Value:
		w.signature(d.Sig)
		w.put(d)
	case []Value:
		w.group(v.Sig, d)
	}
}

// group: an array begins with its length, which does not count the padding in
// front of the first element; a struct is its members.
func (w *writer) group(sig string, items []Value) {
	if sig[0] != 'a' {
		for _, v := range items {
			w.put(v)
		}
		return
	}
	w.u32(0)
	at := len(w.b)
	w.pad(align(sig[1]))
	first := len(w.b)
	for _, v := range items {
		w.put(v)
	}
	order.PutUint32(w.b[at-4:], uint32(len(w.b)-first))
}

// reader unmarshals what a stranger wrote. After the first fault all it reads
// is zero.
type reader struct {
	b   []byte
	at  int
	bad bool
}

func (r *reader) take(n, aligned int) []byte {
	at := (r.at + aligned - 1) &^ (aligned - 1)
	if r.bad || n < 0 || at > len(r.b) || n > len(r.b)-at {
		r.bad = true
		return make([]byte, min(max(n, 0), 8))
	}
	r.at = at + n
	return r.b[at:r.at]
}

func (r *reader) byte() byte  { return r.take(1, 1)[0] }
func (r *reader) u32() uint32 { return order.Uint32(r.take(4, 4)) }

// text is a string or object path with its NUL.
func (r *reader) text() string { return r.cut(int(r.u32())) }

func (r *reader) signature() string { return r.cut(int(r.byte())) }

func (r *reader) cut(n int) string {
	if n > len(r.b) {
		r.bad = true
	}
	b := r.take(n+1, 1)
	if r.bad || b[n] != 0 {
		r.bad = true
		return ""
	}
	return string(b[:n])
}

func (r *reader) err() error {
	if !r.bad {
		return nil
	}
	return fail.New(fail.CodeInput, "the answer of systemd has %d bytes and cannot be read", len(r.b))
}
