package retry

import (
	"testing"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/settings"
)

func TestNext(t *testing.T) {
	for _, c := range []struct {
		policy  string
		max     int
		code    int
		stopped bool
		again   bool
	}{
		{"no", 0, 1, false, false},
		{"always", 0, 0, false, true},
		{"always", 0, 1, true, false},
		{"on-failure", 0, 0, false, false},
		{"on-failure", 0, -1, false, true},
		{"unless-stopped", 0, 0, false, true},
	} {
		p := &Policy{Restart: settings.Restart{Policy: c.policy, Max: c.max}}
		if _, again := p.Next(c.code, c.stopped, 0); again != c.again {
			t.Errorf("%+v: have %v", c, again)
		}
	}
}

func TestMaxAndPause(t *testing.T) {
	p := &Policy{Restart: settings.Restart{Policy: "on-failure", Max: 3}}
	var last time.Duration
	for i := range 3 {
		pause, again := p.Next(1, false, 0)
		if !again || pause < last || pause > time.Second {
			t.Errorf("%d: have %v, %v after %v", i, pause, again, last)
		}
		last = pause * 3 / 4
	}
	if _, again := p.Next(1, false, 0); again {
		t.Error("a fourth time")
	}
	// A long run begins anew.
	if pause, again := p.Next(1, false, time.Minute); !again || pause > 200*time.Millisecond {
		t.Errorf("have %v, %v", pause, again)
	}
}

func TestPauseIsBounded(t *testing.T) {
	p := &Policy{Restart: settings.Restart{Policy: "always"}}
	for range 100 {
		if pause, _ := p.Next(1, false, 0); pause > most*5/4 {
			t.Fatalf("have %v", pause)
		}
	}
}
