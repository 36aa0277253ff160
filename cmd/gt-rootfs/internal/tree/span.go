package tree

import (
	"fmt"
	"math"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// span is the times that a file system keeps. What lies beyond, the kernel cuts
// off in silence, and what is too fine too.
type span struct {
	first, last int64 // seconds
	whole       bool  // it keeps no fractions as they are
}

// measure finds the span out at the root, and gives it its time back.
func (t *Tree) measure() error {
	var was, st unix.Stat_t
	if err := unix.Fstat(t.root, &was); err != nil {
		return err
	}
	try := func(ts unix.Timespec) error {
		err := futimens(t.root, &[2]unix.Timespec{{Nsec: unix.UTIME_OMIT}, ts})
		if err == nil {
			err = unix.Fstat(t.root, &st)
		}
		return err
	}
	if err := try(unix.Timespec{Sec: math.MinInt64}); err != nil {
		return err
	}
	t.span.first = st.Mtim.Sec
	if err := try(unix.Timespec{Sec: math.MaxInt64}); err != nil {
		return err
	}
	t.span.last = st.Mtim.Sec
	const finest = 999_999_999
	if err := try(unix.Timespec{Nsec: finest}); err != nil {
		return err
	}
	t.span.whole = st.Mtim.Nsec != finest
	return try(was.Mtim)
}

// fits refuses times that would not be kept, and counts those that are rounded.
func (t *Tree) fits(m *Meta) error {
	rounded := false
	for _, ts := range []unix.Timespec{m.Atime, m.Mtime} {
		if ts.Nsec == unix.UTIME_OMIT {
			continue
		}
		if ts.Sec < t.span.first || ts.Sec > t.span.last {
			return fail.New(fail.CodeInput, "the time %s does not fit into this file system, which keeps %s to %s", date(ts.Sec), date(t.span.first), date(t.span.last))
		}
		rounded = rounded || t.span.whole && ts.Nsec != 0
	}
	if rounded {
		t.Rounded.Add(1)
	}
	return nil
}

func date(sec int64) string {
	if at := time.Unix(sec, 0).UTC(); at.Year() >= 0 && at.Year() < 10_000 {
		return at.Format(time.DateOnly)
	}
	return fmt.Sprintf("@%d", sec)
}
