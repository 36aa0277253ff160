package main

import (
	"bytes"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/metrics"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tool"
	"github.com/gophertainer/gophertainer/lib/tty"
)

// A screen is gt-mon top: what containers use, with a curve of the last minute.
type screen struct {
	c        *tool.Call
	interval time.Duration
	turns    int
	before   map[string]*metrics.Row
	past     map[string]*history
}

// history is a container's last values.
type history struct{ cpu, memory []float64 }

// width is the number of values in a curve.
const width = 20

func top(o *tool.Options) func(*tool.Call) error {
	s := &screen{interval: time.Second, before: map[string]*metrics.Row{}, past: map[string]*history{}}
	o.Duration(&s.interval, "interval", 0, "TIME", "between two looks")
	o.Int(&s.turns, "turns", 0, "N", "end after N looks; 0 is never")
	return func(c *tool.Call) error {
		if s.interval <= 0 || s.turns < 0 {
			return fail.Usage("--interval, --turns: have %v and %d, need a positive time and 0 or more", s.interval, s.turns)
		}
		s.c = c
		return s.run()
	}
}

func (s *screen) run() error {
	restore := s.quiet()
	defer restore()
	for turn := 1; ; turn++ {
		rows, err := sample(s.c)
		if err != nil {
			return err
		}
		if err := s.draw(rows); err != nil || turn == s.turns {
			return err
		}
		if quit, err := s.pause(); quit || err != nil {
			return err
		}
	}
}

// quiet makes single keys readable and unseen, where stdin is a terminal.
func (s *screen) quiet() (restore func()) {
	fd := int(s.c.Stdin.Fd())
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return func() {}
	}
	still := *before
	still.Lflag &^= unix.ICANON | unix.ECHO
	if unix.IoctlSetTermios(fd, unix.TCSETS, &still) != nil {
		return func() {}
	}
	return func() { _ = unix.IoctlSetTermios(fd, unix.TCSETS, before) }
}

// pause waits for the next turn; q ends.
func (s *screen) pause() (quit bool, err error) {
	if !tty.Is(s.c.Stdin) {
		<-time.After(s.interval)
		return false, nil
	}
	set := []unix.PollFd{{Fd: int32(s.c.Stdin.Fd()), Events: unix.POLLIN}}
	if err := sys.Poll(set, int(s.interval.Milliseconds())); err != nil || set[0].Revents == 0 {
		return false, err
	}
	var key [16]byte
	n, err := unix.Read(int(s.c.Stdin.Fd()), key[:])
	return n <= 0 || key[0] == 'q', err
}

func (s *screen) draw(rows []*metrics.Row) error {
	var b bytes.Buffer
	if isTerminal(s.c.Stdout) {
		b.WriteString("\x1b[H\x1b[2J")
	}
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSTATUS\tCPU %\t\tMEMORY\t\tPIDS\tPRESSURE %\tHEALTH\tRESTARTS")
	for _, r := range rows {
		s.line(w, r)
		s.before[r.ID] = r
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if isTerminal(s.c.Stdout) && os.Getenv("NO_COLOR") == "" {
		b.WriteString("\x1b[2mq ends\x1b[0m\n")
	}
	return s.c.Print(b.Bytes())
}

func (s *screen) line(w *tabwriter.Writer, r *metrics.Row) {
	h := s.past[r.ID]
	if h == nil {
		h = &history{}
		s.past[r.ID] = h
	}
	cpu, pressure := r.Shares(s.before[r.ID])
	memory, pids := 0.0, uint64(0)
	if r.Sample != nil && r.Sample.Memory != nil {
		memory = float64(r.Sample.Memory.Working())
	}
	if r.Sample != nil && r.Sample.Pids != nil {
		pids = r.Sample.Pids.Current
	}
	h.cpu, h.memory = keep(h.cpu, cpu), keep(h.memory, memory)
	health := r.Health
	if health == "" {
		health = "-"
	}
	fmt.Fprintf(w, "%s\t%s\t%.1f\t%s\t%s\t%s\t%d\t%.1f\t%s\t%d\n", r.ID, r.Status, cpu, metrics.Curve(h.cpu, width),
		metrics.Size(uint64(memory)), metrics.Curve(h.memory, width), pids, pressure, health, r.Restarts)
}

func keep(list []float64, v float64) []float64 {
	list = append(list, v)
	return list[max(0, len(list)-width):]
}
