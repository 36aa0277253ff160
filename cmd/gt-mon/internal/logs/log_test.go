package logs

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/settings"
)

// Every byte comes back from every form, however it was cut into writes.
func TestRoundTrip(t *testing.T) {
	text := "one\n\ntwo \"quoted\" \\ back\n" + strings.Repeat("x", 3*maxLine+5) + "\nlast"
	for _, driver := range []string{"json", "cri", "plain"} {
		for _, cut := range []int{1, 7, 4096, len(text)} {
			s := &settings.Settings{Data: t.TempDir(), Log: settings.Log{Driver: driver, MaxFile: 1}}
			l, err := Open(s)
			if err != nil {
				t.Fatal(err)
			}
			for rest := []byte(text); len(rest) > 0; {
				n := min(cut, len(rest))
				l.Write(Stdout, rest[:n], time.Now())
				rest = rest[n:]
			}
			l.Flush(time.Now())
			if err := l.Close(); err != nil || l.Lost > 0 {
				t.Fatal(err, l.Lost)
			}
			kept, err := os.ReadFile(s.Data + "/" + File)
			if err != nil {
				t.Fatal(err)
			}
			list, used := Parse(driver, kept)
			var back strings.Builder
			for _, e := range list {
				back.WriteString(e.Text)
			}
			if back.String() != text || used != len(kept) {
				t.Errorf("%s by %d: have %d bytes, need %d", driver, cut, back.Len(), len(text))
			}
		}
	}
}

type full struct {
	broken bool
	lines  []string
}

func (f *full) put(l *line) error {
	if f.broken {
		return errors.New("no space left on device")
	}
	f.lines = append(f.lines, string(l.text))
	return nil
}
func (f *full) close() error { return nil }

// Lines that cannot be kept are counted, and the log says how many.
func TestLost(t *testing.T) {
	f := &full{}
	l := &Log{driver: f, parts: map[string][]byte{}}
	l.Write(Stdout, []byte("a\n"), time.Now())
	f.broken = true
	l.Write(Stdout, []byte("b\nc\n"), time.Now())
	f.broken = false
	l.Write(Stdout, []byte("d\n"), time.Now())
	if have := strings.Join(f.lines, "|"); !strings.Contains(have, "2 lines were lost here") || !strings.HasSuffix(have, "|d") || l.Lost != 2 {
		t.Errorf("have %s, %d lost", have, l.Lost)
	}
}
