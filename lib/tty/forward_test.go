package tty_test

import (
	"errors"
	"maps"
	"os"
	"os/signal"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/tty"
)

func TestForward(t *testing.T) {
	got := make(chan unix.Signal, 16)
	stop, err := tty.Forward(func(s unix.Signal) error {
		got <- s
		return errors.New("gone")
	}, unix.SIGWINCH)
	if err != nil {
		t.Fatal(err)
	}
	// What is not forwarded must reach somebody, or the test proves nothing.
	others := make(chan os.Signal, 4)
	signal.Notify(others, unix.SIGWINCH, unix.SIGCHLD)
	defer signal.Stop(others)

	send := []unix.Signal{
		unix.SIGWINCH, unix.SIGCHLD, unix.SIGPIPE, unix.SIGURG,
		unix.SIGTERM, unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2,
		unix.SIGCONT, unix.SIGALRM, unix.Signal(35), unix.Signal(64),
	}
	for _, s := range send {
		if err := unix.Kill(os.Getpid(), s); err != nil {
			t.Fatal(err)
		}
	}
	want := map[unix.Signal]bool{}
	for _, s := range send[4:] {
		want[s] = !signal.Ignored(s) // as nohup(1) has it
	}
	maps.DeleteFunc(want, func(_ unix.Signal, passed bool) bool { return !passed })
	for len(want) > 0 {
		select {
		case s := <-got:
			if !want[s] {
				t.Errorf("%v was passed on", s)
			}
			delete(want, s)
		case <-time.After(time.Minute):
			t.Fatalf("not passed on: %v", want)
		}
	}
	stop()
	stop()
	for range 2 {
		<-others
	}
	select {
	case s := <-got:
		t.Errorf("%v was passed on", s)
	default:
	}
}
