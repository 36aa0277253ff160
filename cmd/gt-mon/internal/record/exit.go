// Package record is what a monitor leaves for others to read: where it is, and
// how its container ended.
package record

import (
	"maps"
	"os"
	"time"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
)

// ExitFile is the exit record, in the monitor's data and in the state directory.
const ExitFile = "exit.json"

// An Exit is how a container's program ended.
type Exit struct {
	ID        string
	Code      int    // as a shell has it: 128 and the signal; -1: not known
	Signal    string // that ended it, as SIGKILL
	Reason    string // exited, signaled, oom, stopped, failed, reboot, unknown
	Message   string // of a start that failed
	OOMKills  uint64 // processes that the kernel killed for memory
	OOMLevel  string // container: its own limit; host: a limit above it, or the machine's memory
	Peak      uint64 // bytes of memory at most
	CPU       time.Duration
	User      time.Duration
	System    time.Duration
	Throttle  time.Duration
	Throttled uint64            // periods in which it was held back
	Pressure  map[string]uint64 // microseconds in which some process waited: cpu, memory, io
	Started   time.Time
	Finished  time.Time
	Restarts  int
	Stopped   bool   // somebody asked for it
	Lost      uint64 // lines that the log could not take
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// JSON is the record as a line without its end.
func (e *Exit) JSON() []byte {
	var w json.Writer
	m := e.used()
	maps.Copy(m, map[string]any{
		"id": e.ID, "code": e.Code, "reason": e.Reason, "restarts": e.Restarts, "stopped": e.Stopped,
		"started": stamp(e.Started), "finished": stamp(e.Finished), "logLost": e.Lost,
	})
	if e.Signal != "" {
		m["signal"] = e.Signal
	}
	if e.Message != "" {
		m["message"] = e.Message
	}
	w.Value(m)
	return w.Bytes()
}

// Write keeps the record in a directory, at once.
func (e *Exit) Write(dir string) error { return replace(dir+"/"+ExitFile, append(e.JSON(), '\n')) }

// ReadExit reads what others need of a record.
func ReadExit(dir string) (*Exit, error) {
	text, err := os.ReadFile(dir + "/" + ExitFile)
	if err != nil {
		return nil, err
	}
	e, r := &Exit{}, json.NewReader(text)
	r.Object(func(name string) {
		switch name {
		case "id":
			e.ID = r.String()
		case "code":
			e.Code = int(r.Int(32))
		case "signal":
			e.Signal = r.String()
		case "reason":
			e.Reason = r.String()
		case "message":
			e.Message = r.String()
		case "restarts":
			e.Restarts = int(r.Int(32))
		case "stopped":
			e.Stopped = r.Bool()
		case "finished":
			e.Finished, _ = time.Parse(time.RFC3339Nano, r.String())
		}
	})
	if err := r.End(); err != nil {
		return nil, &fail.Error{Code: fail.CodeInput, Path: dir + "/" + ExitFile, Cause: err}
	}
	return e, nil
}

// replace writes a file so that a reader finds the old or the new one, and a
// crash of the machine leaves one of the two.
func replace(name string, text []byte) error {
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}
