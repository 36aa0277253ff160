package json

import (
	"strconv"
	"strings"
)

// Int reads a whole number that fits into so many bits.
func (r *Reader) Int(bits int) int64 {
	start := r.pos
	digits := r.number()
	if digits == "" {
		return 0
	}
	n, err := strconv.ParseInt(digits, 10, bits)
	if err != nil {
		most := uint64(1)<<(bits-1) - 1
		r.wrong(start, digits, "-"+strconv.FormatUint(most+1, 10)+" to "+strconv.FormatUint(most, 10))
		return 0
	}
	return n
}

// Uint reads a whole number, 0 or more, that fits into so many bits.
func (r *Reader) Uint(bits int) uint64 {
	start := r.pos
	digits := r.number()
	if digits == "" {
		return 0
	}
	n, err := strconv.ParseUint(digits, 10, bits)
	if err != nil {
		r.wrong(start, digits, "0 to "+strconv.FormatUint(1<<bits-1, 10))
		return 0
	}
	return n
}

// Float64 reads any number that a float64 can hold.
func (r *Reader) Float64() float64 {
	start := r.pos
	digits := r.number()
	if digits == "" {
		return 0
	}
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		r.wrong(start, digits, "-1.7e308 to 1.7e308")
		return 0
	}
	return n
}

// wrong says that the digits, read from start on, are no number of the range.
func (r *Reader) wrong(start int, digits, bounds string) {
	r.pos = start
	r.peek()
	kind := "a number from "
	if strings.ContainsAny(digits, ".eE") && !strings.Contains(bounds, "e") {
		kind = "a whole number from "
	}
	if len(digits) > 40 {
		digits = digits[:40] + "…"
	}
	r.fail(&Error{Want: kind + bounds, Have: digits})
}

// number takes the text of a number (RFC 8259 section 6), "" if there is none.
func (r *Reader) number() string {
	c := r.peek()
	if c != '-' && (c < '0' || c > '9') {
		r.nullOr("a number")
		return ""
	}
	start := r.pos
	if c == '-' {
		r.pos++
	}
	if r.at("0") {
		r.pos++
	} else if !r.digits() {
		return ""
	}
	if r.at(".") {
		r.pos++
		if !r.digits() {
			return ""
		}
	}
	if r.at("eE") {
		r.pos++
		if r.at("+-") {
			r.pos++
		}
		if !r.digits() {
			return ""
		}
	}
	return r.text[start:r.pos]
}

func (r *Reader) at(set string) bool {
	return r.pos < len(r.text) && strings.IndexByte(set, r.text[r.pos]) >= 0
}

func (r *Reader) digits() bool {
	start := r.pos
	for r.pos < len(r.text) && '0' <= r.text[r.pos] && r.text[r.pos] <= '9' {
		r.pos++
	}
	if r.pos == start {
		r.syntax("a digit")
		return false
	}
	return true
}
