package store

import (
	"os"
	"sync"
)

// logSize is where a log is rotated; one old one is kept.
const logSize = 1 << 20

// Log takes what a plugin writes to stderr. It never fails and never grows
// beyond two files of logSize.
type Log struct {
	path string
	lock sync.Mutex
	f    *os.File
	size int64
}

// Log opens the entry's log.
func (e *Entry) Log() *Log { return &Log{path: e.File("log")} }

// Write appends; a disk that is full must not stop a plugin.
func (l *Log) Write(b []byte) (int, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	if l.f == nil && !l.open() {
		return len(b), nil
	}
	n, _ := l.f.Write(b)
	if l.size += int64(n); l.size > logSize {
		l.f.Close()
		l.f = nil
		_ = os.Rename(l.path, l.path+".1")
	}
	return len(b), nil
}

func (l *Log) open() bool {
	f, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return false
	}
	l.f = f
	if info, err := f.Stat(); err == nil {
		l.size = info.Size()
	}
	return true
}

// Close ends it.
func (l *Log) Close() {
	l.lock.Lock()
	defer l.lock.Unlock()
	if l.f != nil {
		l.f.Close()
		l.f = nil
	}
}
