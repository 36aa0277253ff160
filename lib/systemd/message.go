package systemd

import (
	"github.com/gophertainer/gophertainer/lib/fail"
)

// Kinds of messages and fields of their header (D-Bus Specification, "Message
// Format").
const (
	kindCall   = 1
	kindReply  = 2
	kindError  = 3
	kindSignal = 4

	fieldPath      = 1
	fieldInterface = 2
	fieldMember    = 3
	fieldError     = 4
	fieldReplyTo   = 5
	fieldTo        = 6
	fieldSignature = 8
)

// headSize is what comes before the fields, with their length.
const headSize = 16

// maxMessage bounds what is read: the largest answer that is asked for is a
// line of text.
const maxMessage = 1 << 20

// call is a method call to be sent.
type call struct {
	to, path, face, member string
	args                   []Value
}

func (c *call) encode(serial uint32) []byte {
	var body writer
	sig := ""
	for _, v := range c.args {
		sig += v.Sig
		body.put(v)
	}
	fields := []Value{field(fieldPath, object(c.path)), field(fieldInterface, String(c.face)), field(fieldMember, String(c.member))}
	if c.to != "" {
		fields = append(fields, field(fieldTo, String(c.to)))
	}
	if sig != "" {
		fields = append(fields, field(fieldSignature, Value{"g", sig}))
	}
	w := writer{b: []byte{'l', kindCall, 0, 1}}
	w.u32(uint32(len(body.b)))
	w.u32(serial)
	w.put(Value{"a(yv)", fields})
	w.pad(8)
	return append(w.b, body.b...)
}

func field(code byte, v Value) Value {
	return Value{"(yv)", []Value{{"y", code}, variant(v)}}
}

// message is one that came.
type message struct {
	kind    byte
	replyTo uint32
	member  string
	name    string // of an error
	body    []byte
}

// size tells how long the message is whose first headSize bytes these are.
func size(head []byte) (int, error) {
	if head[0] != 'l' || head[3] != 1 {
		return 0, fail.New(fail.CodeInput, "the answer of systemd begins with %q, need D-Bus of version 1", head[:4])
	}
	body, fields := uint64(order.Uint32(head[4:])), uint64(order.Uint32(head[12:]))
	total := headSize + (fields+7)&^7 + body
	if total > maxMessage {
		return 0, fail.New(fail.CodeInput, "the answer of systemd has %d bytes, need at most %d", total, maxMessage)
	}
	return int(total), nil
}

// decode reads a whole message.
func decode(b []byte) (*message, error) {
	m := &message{kind: b[1]}
	r := &reader{b: b, at: 12}
	end := int(r.u32()) + headSize
	for r.at < end && !r.bad {
		r.take(0, 8)
		if r.at >= end {
			break
		}
		m.field(r)
	}
	r.take(0, 8)
	if r.bad {
		return nil, r.err()
	}
	m.body = b[r.at:]
	return m, nil
}

func (m *message) field(r *reader) {
	code, sig := r.byte(), r.signature()
	switch sig {
	case "s", "o":
		text := r.text()
		switch code {
		case fieldMember:
			m.member = text
		case fieldError:
			m.name = text
		}
	case "u":
		n := r.u32()
		if code == fieldReplyTo {
			m.replyTo = n
		}
	case "g":
		r.signature()
	default:
		r.bad = true // no field of the header is anything else
	}
}
