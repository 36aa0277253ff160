// Package pattern matches IDs against POSIX extended regular expressions
// (regex(7)), without what package regexp costs the start of every call: no
// back references, no classes with names.
package pattern

import (
	"errors"
	"strconv"
)

// A Pattern is a program for a machine that is in many states at once, so that
// no pattern takes longer than its length times the text's.
type Pattern struct{ prog []step }

// A step takes one byte of a set and goes on, or goes on in two places.
type step struct {
	kind kind
	set  *[256]bool
	x, y int // where to go on
}

type kind uint8

const (
	take  kind = iota // a byte of the set
	split             // x, and y
	begin             // only at the begin of the text
	end               // only at its end
	match
)

// most is how long a program may get: repeats multiply.
const most = 20000

// Match tells whether the pattern matches anywhere in the text.
func (p *Pattern) Match(text string) bool {
	now, next := newSet(len(p.prog)), newSet(len(p.prog))
	for i := 0; ; i++ {
		if p.add(now, 0, i, len(text)) {
			return true
		}
		if i == len(text) {
			return false
		}
		next.list = next.list[:0]
		clear(next.in)
		for _, at := range now.list {
			s := &p.prog[at]
			if s.kind == take && s.set[text[i]] && p.add(next, s.x, i+1, len(text)) {
				return true
			}
		}
		now, next = next, now
	}
}

// A set of states.
type states struct {
	in   []bool
	list []int
}

func newSet(n int) *states { return &states{in: make([]bool, n)} }

// add enters a state and all that it leads to without a byte; it tells whether
// the match is one of them.
func (p *Pattern) add(to *states, first, at, length int) bool {
	todo := []int{first}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if to.in[i] {
			continue
		}
		to.in[i] = true
		switch s := &p.prog[i]; s.kind {
		case match:
			return true
		case split:
			todo = append(todo, s.x, s.y)
		case begin:
			if at == 0 {
				todo = append(todo, s.x)
			}
		case end:
			if at == length {
				todo = append(todo, s.x)
			}
		case take:
			to.list = append(to.list, i)
		}
	}
	return false
}

// Compile reads a pattern.
func Compile(text string) (*Pattern, error) {
	r := &reader{text: text}
	n, err := r.alternatives()
	if err == nil && r.pos < len(text) {
		err = errors.New("have a ) too much, need a ( before it")
	}
	if err != nil {
		return nil, err
	}
	c := &compiler{}
	c.node(n)
	c.emit(step{kind: match})
	if c.full {
		return nil, errors.New("is too large, need fewer repeats")
	}
	return &Pattern{c.prog}, nil
}

// compiler lays the steps of each node one behind the other.
type compiler struct {
	prog []step
	full bool
}

func (c *compiler) emit(s step) int {
	if len(c.prog) >= most {
		c.full = true
		return 0
	}
	c.prog = append(c.prog, s)
	return len(c.prog) - 1
}

func (c *compiler) node(n *node) {
	if c.full {
		return
	}
	switch n.kind {
	case isByte:
		at := c.emit(step{kind: take, set: n.set})
		c.prog[at].x = at + 1
	case isBegin, isEnd:
		k := begin
		if n.kind == isEnd {
			k = end
		}
		at := c.emit(step{kind: k})
		c.prog[at].x = at + 1
	case isAll:
		for _, part := range n.parts {
			c.node(part)
		}
	case isEither:
		fork := c.emit(step{kind: split})
		c.node(n.parts[0])
		over := c.emit(step{kind: split})
		c.prog[fork].x, c.prog[fork].y = fork+1, len(c.prog)
		c.node(n.parts[1])
		c.prog[over].x, c.prog[over].y = len(c.prog), len(c.prog)
	case isRepeat:
		c.repeat(n)
	}
}

// repeat: least copies, then as many that may be left out, or a loop.
func (c *compiler) repeat(n *node) {
	for range n.least {
		c.node(n.parts[0])
	}
	if n.most < 0 {
		fork := c.emit(step{kind: split})
		c.node(n.parts[0])
		back := c.emit(step{kind: split})
		c.prog[back].x, c.prog[back].y = fork, fork
		c.prog[fork].x, c.prog[fork].y = fork+1, len(c.prog)
		return
	}
	var forks []int
	for range n.most - n.least {
		fork := c.emit(step{kind: split})
		c.prog[fork].x = fork + 1
		forks = append(forks, fork)
		c.node(n.parts[0])
	}
	for _, fork := range forks {
		c.prog[fork].y = len(c.prog)
	}
}

func number(text string) (int, bool) {
	n, err := strconv.ParseUint(text, 10, 8)
	return int(n), err == nil
}
