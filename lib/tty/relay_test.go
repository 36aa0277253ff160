package tty_test

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/tty"
)

func TestRelay(t *testing.T) {
	var r tty.Relay
	var got []unix.Signal
	for _, s := range []unix.Signal{unix.SIGTERM, unix.SIGINT} {
		if err := r.Pass(s); err != nil {
			t.Fatal(err)
		}
	}
	r.To(func(s unix.Signal) error { got = append(got, s); return unix.ESRCH })
	if err := r.Pass(unix.SIGHUP); err != unix.ESRCH {
		t.Errorf("have %v, need what kill said", err)
	}
	if want := []unix.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGHUP}; !slices.Equal(got, want) {
		t.Errorf("have %v, need %v", got, want)
	}
}
