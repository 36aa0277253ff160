package link

import (
	"encoding/hex"
	"errors"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestRequest compares with what ip link set dev X netns FD name eth0 sends.
func TestRequest(t *testing.T) {
	m := &Moved{index: 5}
	have := hex.EncodeToString(m.request(9, "eth0").b)
	want := "00000000" + "10000100" + "0000000000000000" + // length is filled in later
		"00000000" + "05000000" + "00000000" + "01000000" +
		"09000300" + "6574683000000000" + "08001c00" + "09000000"
	if have != want {
		t.Errorf("have %s, need %s", have, want)
	}
}

func TestAnswers(t *testing.T) {
	ack := make([]byte, unix.SizeofNlMsghdr+4)
	ack[0], ack[4] = byte(len(ack)), unix.NLMSG_ERROR
	if done, err := answers(ack, nil); !done || err != nil {
		t.Errorf("acknowledged: have %v, %v", done, err)
	}
	copy(ack[unix.SizeofNlMsghdr:], word(^uint32(unix.ENODEV)+1))
	if _, err := answers(ack, nil); !errors.Is(err, syscall.ENODEV) {
		t.Errorf("refused: have %v", err)
	}
	if _, err := answers(ack[:18], nil); !errors.Is(err, errShort) {
		t.Errorf("cut: have %v", err)
	}
}

// FuzzAnswers: what comes from a socket is read to its end or refused.
func FuzzAnswers(f *testing.F) {
	m := newMessage(unix.RTM_NEWADDR, unix.NLM_F_MULTI, make([]byte, unix.SizeofIfAddrmsg))
	m.attr(unix.IFA_LOCAL, []byte{10, 0, 0, 1})
	m.b[0] = byte(len(m.b))
	f.Add(m.b)
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = answers(b, func(_ uint16, body []byte) error {
			return attributes(body, func(uint16, []byte) {})
		})
	})
}
