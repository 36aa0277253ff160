package plan

import "errors"

// ErrCorrupt is a report that cannot be decoded.
var ErrCorrupt = errors.New("corrupt report")

// members of a step, as bits of its presence word.
const (
	hasPath = 1 << iota
	hasSource
	hasType
	hasData
	hasFlags
	hasSet
	hasClear
	hasProp
	hasMode
	hasDev
	hasUID
	hasGID
	hasFD
	hasArgs
	hasEnv
	hasNums
)

// Encode writes the stamp, the number of steps and the steps.
func (p *Plan) Encode() []byte {
	e := writer{b: make([]byte, 0, 8192)}
	e.str(Stamp)
	e.num(uint64(len(p.Steps)))
	for i := range p.Steps {
		e.step(&p.Steps[i])
	}
	return e.b
}

// Decode reads what Encode wrote, without allocating: the steps lie in room, of
// at least Room(len(b)) zeros, and their strings in b. Both have to be kept. why
// is WhyStamp, WhyPlan, or 0.
func Decode(b, room []byte) (steps []Step, why uint8) {
	d := reader{s: text(b), room: room}
	if d.str() != Stamp {
		return nil, WhyStamp
	}
	n := d.num()
	if n > uint64(len(b)) {
		return nil, WhyPlan
	}
	steps = d.steps(int(n))
	for i := range steps {
		d.step(&steps[i])
	}
	if d.bad || d.s != "" {
		return nil, WhyPlan
	}
	return steps, 0
}

// MaxTrouble is the length of the longest report.
const MaxTrouble = maxNote + 32

const maxNote = 1024

// PutTrouble writes a report into b, which has MaxTrouble bytes, and returns
// its length. A note that is too long is cut.
func PutTrouble(b []byte, t *Trouble) int {
	at := 0
	for _, v := range [...]uint64{uint64(t.Step), uint64(t.Errno), uint64(t.Why), uint64(min(len(t.Note), maxNote))} {
		for ; v >= 0x80; v >>= 7 {
			b[at] = byte(v) | 0x80
			at++
		}
		b[at] = byte(v)
		at++
	}
	return at + copy(b[at:at+min(len(t.Note), maxNote)], t.Note)
}

// DecodeTrouble reads a report.
func DecodeTrouble(b []byte) (Trouble, error) {
	d := reader{s: string(b)}
	t := Trouble{Step: int(d.num()), Errno: uint32(d.num()), Why: uint8(d.num()), Note: d.str()}
	if d.bad {
		return Trouble{}, ErrCorrupt
	}
	return t, nil
}

type writer struct{ b []byte }

func (w *writer) num(v uint64) {
	for v >= 0x80 {
		w.b = append(w.b, byte(v)|0x80)
		v >>= 7
	}
	w.b = append(w.b, byte(v))
}

func (w *writer) str(s string) {
	w.num(uint64(len(s)))
	w.b = append(w.b, s...)
}

func (w *writer) strs(l []string) {
	w.num(uint64(len(l)))
	for _, s := range l {
		w.str(s)
	}
}

func (w *writer) step(s *Step) {
	w.b = append(w.b, byte(s.Op))
	at := len(w.b)
	w.b = append(w.b, 0, 0)
	var has uint16
	for i, v := range []string{s.Path, s.Source, s.Type, s.Data} {
		if v != "" {
			has |= hasPath << i
			w.str(v)
		}
	}
	nums := []uint64{
		s.Flags, s.Set, s.Clear, s.Prop, uint64(s.Mode), s.Dev,
		uint64(s.UID), uint64(s.GID), uint64(s.FD),
	}
	for i, v := range nums {
		if v != 0 {
			has |= hasFlags << i
			w.num(v)
		}
	}
	for i, l := range [][]string{s.Args, s.Env} {
		if len(l) > 0 {
			has |= hasArgs << i
			w.strs(l)
		}
	}
	if len(s.Nums) > 0 {
		has |= hasNums
		w.num(uint64(len(s.Nums)))
		for _, v := range s.Nums {
			w.num(v)
		}
	}
	w.b[at], w.b[at+1] = byte(has), byte(has>>8)
}

type reader struct {
	s    string
	room []byte
	bad  bool
}

func (r *reader) num() uint64 {
	var v uint64
	for i := 0; i < len(r.s) && i < 10; i++ {
		c := r.s[i]
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			r.s = r.s[i+1:]
			return v
		}
	}
	r.fail()
	return 0
}

func (r *reader) fail() { r.bad, r.s = true, "" }

func (r *reader) str() string {
	n := r.num()
	if n > uint64(len(r.s)) {
		r.fail()
		return ""
	}
	s := r.s[:n]
	r.s = r.s[n:]
	return s
}

func (r *reader) strs() []string {
	n := r.num()
	if n > uint64(len(r.s)) {
		r.fail()
		return nil
	}
	l := r.strings(int(n))
	for i := range l {
		l[i] = r.str()
	}
	return l
}

func (r *reader) step(s *Step) {
	if len(r.s) < 3 {
		r.fail()
		return
	}
	s.Op = Op(r.s[0])
	has := uint16(r.s[1]) | uint16(r.s[2])<<8
	r.s = r.s[3:]
	if s.Op == OpNone || s.Op >= opEnd {
		r.fail()
		return
	}
	for i, p := range []*string{&s.Path, &s.Source, &s.Type, &s.Data} {
		if has&(hasPath<<i) != 0 {
			*p = r.str()
		}
	}
	var small [5]uint64
	nums := []*uint64{&s.Flags, &s.Set, &s.Clear, &s.Prop, &small[0], &s.Dev, &small[1], &small[2], &small[3]}
	for i, p := range nums {
		if has&(hasFlags<<i) != 0 {
			*p = r.num()
		}
	}
	s.Mode, s.UID, s.GID, s.FD = uint32(small[0]), uint32(small[1]), uint32(small[2]), int(small[3])
	for i, p := range []*[]string{&s.Args, &s.Env} {
		if has&(hasArgs<<i) != 0 {
			*p = r.strs()
		}
	}
	if has&hasNums != 0 {
		n := r.num()
		if n > uint64(len(r.s)) {
			r.fail()
			return
		}
		s.Nums = r.numbers(int(n))
		for i := range s.Nums {
			s.Nums[i] = r.num()
		}
	}
}
