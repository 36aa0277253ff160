package sys

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// slack is the timer slack of this process as it was started, in nanoseconds;
// 0 where entry did not change it.
//
// The monitor of Go's runtime sleeps 20 µs at a time as long as there is work:
// dozens of thread switches in a birth, a tenth of its processor time where
// timers are dear. With a slack of a millisecond it wakes that much more seldom.
// All that it is here for, preemption and processors held by long system calls,
// can wait so long.
var slack uintptr

// An initializer runs on the first thread, and the monitor is there by then.
func init() { restoreSlack() }

func restoreSlack() {
	if slack != 0 {
		// It cannot fail: the value came from PR_GET_TIMERSLACK (prctl(2)).
		_ = unix.Prctl(unix.PR_SET_TIMERSLACK, slack, 0, 0, 0)
	}
}

// PlainSlack gives the calling thread the timer slack that this process was
// started with, and keeps the goroutine on it until done is called. Whoever
// executes another program calls it first: the slack is inherited, and threads
// that the runtime has made by itself may have another.
func PlainSlack() (done func()) {
	runtime.LockOSThread()
	restoreSlack()
	return runtime.UnlockOSThread
}
