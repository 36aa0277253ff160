package pattern

import (
	"errors"
	"fmt"
	"strings"
)

type nodeKind uint8

const (
	isByte nodeKind = iota
	isBegin
	isEnd
	isAll
	isEither
	isRepeat
)

// A node of the pattern as it was read.
type node struct {
	kind        nodeKind
	set         *[256]bool
	parts       []*node
	least, most int // of a repeat; most -1 is no end
}

type reader struct {
	text  string
	pos   int
	depth int
}

const deepest = 200

func (r *reader) more() bool { return r.pos < len(r.text) }

// alternatives reads a|b|c.
func (r *reader) alternatives() (*node, error) {
	if r.depth++; r.depth > deepest {
		return nil, errors.New("is nested too deep")
	}
	defer func() { r.depth-- }()
	left, err := r.sequence()
	for err == nil && r.more() && r.text[r.pos] == '|' {
		r.pos++
		var right *node
		if right, err = r.sequence(); err == nil {
			left = &node{kind: isEither, parts: []*node{left, right}}
		}
	}
	return left, err
}

func (r *reader) sequence() (*node, error) {
	all := &node{kind: isAll}
	for r.more() && r.text[r.pos] != '|' && r.text[r.pos] != ')' {
		one, err := r.one()
		if err == nil {
			one, err = r.repeats(one)
		}
		if err != nil {
			return nil, err
		}
		all.parts = append(all.parts, one)
	}
	return all, nil
}

func (r *reader) one() (*node, error) {
	c := r.text[r.pos]
	r.pos++
	switch c {
	case '^':
		return &node{kind: isBegin}, nil
	case '$':
		return &node{kind: isEnd}, nil
	case '(':
		inner, err := r.alternatives()
		if err == nil && !r.more() {
			err = errors.New("have a ( without a )")
		}
		r.pos++
		return inner, err
	case '[':
		return r.bracket()
	case '*', '+', '?', '{':
		return nil, fmt.Errorf("have %c with nothing to repeat", c)
	case '.':
		set := &[256]bool{}
		for i := range set {
			set[i] = true
		}
		return &node{kind: isByte, set: set}, nil
	case '\\':
		if !r.more() {
			return nil, errors.New(`have a \ at the end`)
		}
		c = r.text[r.pos]
		r.pos++
	}
	set := &[256]bool{}
	set[c] = true
	return &node{kind: isByte, set: set}, nil
}

// bracket reads [a-z], [^a], []a]: what follows the [ is no end.
func (r *reader) bracket() (*node, error) {
	set, not := &[256]bool{}, false
	if r.more() && r.text[r.pos] == '^' {
		not = true
		r.pos++
	}
	for first := true; ; first = false {
		if !r.more() {
			return nil, errors.New("have a [ without a ]")
		}
		from := r.text[r.pos]
		r.pos++
		if from == ']' && !first {
			break
		}
		if from == '[' && r.more() && strings.IndexByte(":.=", r.text[r.pos]) >= 0 {
			return nil, errors.New("have a class with a name, need its bytes")
		}
		to := from
		if r.pos+1 < len(r.text) && r.text[r.pos] == '-' && r.text[r.pos+1] != ']' {
			to = r.text[r.pos+1]
			r.pos += 2
		}
		if to < from {
			return nil, fmt.Errorf("have the range %c-%c, need one that goes upwards", from, to)
		}
		for c := int(from); c <= int(to); c++ {
			set[c] = true
		}
	}
	if not {
		for i := range set {
			set[i] = !set[i]
		}
	}
	return &node{kind: isByte, set: set}, nil
}

// repeats reads what may follow: *, +, ?, {2}, {2,}, {2,5}.
func (r *reader) repeats(one *node) (*node, error) {
	for r.more() {
		again := &node{kind: isRepeat, parts: []*node{one}, most: -1}
		switch r.text[r.pos] {
		case '*':
		case '+':
			again.least = 1
		case '?':
			again.most = 1
		case '{':
			close := strings.IndexByte(r.text[r.pos:], '}')
			if close < 0 {
				return nil, errors.New("have a { without a }")
			}
			inner := r.text[r.pos+1 : r.pos+close]
			r.pos += close
			if err := again.bounds(inner); err != nil {
				return nil, err
			}
		default:
			return one, nil
		}
		r.pos++
		one = again
	}
	return one, nil
}

func (n *node) bounds(text string) error {
	first, last, ranged := strings.Cut(text, ",")
	var ok bool
	n.least, ok = number(first)
	switch {
	case !ranged:
		n.most = n.least
	case last != "":
		var fine bool
		n.most, fine = number(last)
		ok = ok && fine && n.most >= n.least
	}
	if !ok {
		return fmt.Errorf("have {%s}, need numbers from 0 to 255, the smaller first", text)
	}
	return nil
}
