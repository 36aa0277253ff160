package testscripts

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// rounds is how often a raced scenario tries: $GT_RACE, else few, so that all
// of them take seconds.
func rounds() int {
	if n, err := strconv.Atoi(os.Getenv("GT_RACE")); err == nil && n > 0 {
		return n
	}
	return 60
}

// allowance is what a scenario may take, with a second for four rounds, and
// three times that where the processor is emulated.
func allowance() time.Duration {
	d := patience + time.Duration(rounds())*time.Second/4
	if emulated() {
		d *= 3
	}
	return d
}

// exchange A B swaps two names again and again, as a container would that
// shares their directory with the next one; ! exchange A B ends that. The end of
// the scenario does, too.
func exchange(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: exchange A B")
	}
	s := sceneOf(ts)
	key := args[0] + "\x00" + args[1]
	if neg {
		if s.races[key] == nil {
			ts.Fatalf("exchange %s: is not going on", args[0])
		}
		s.races[key]()
		return
	}
	a, b := ts.MkAbs(args[0]), ts.MkAbs(args[1])
	if filepath.Dir(a) == "/" || filepath.Dir(b) == "/" {
		ts.Fatalf("exchange %s: need names below the work directory", args[0])
	}
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			case <-time.After(20 * time.Microsecond): // a birth looks a name up for longer
			}
			if err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE); err != nil && err != unix.EBUSY {
				done <- err
				return
			}
		}
	}()
	if s.races == nil {
		s.races = map[string]func(){}
	}
	end := sync.OnceFunc(func() {
		close(stop)
		if err := <-done; err != nil {
			ts.Logf("exchange %s: %v", args[0], err)
		}
	})
	s.races[key] = end
	ts.Defer(end)
}
