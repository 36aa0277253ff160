package logs

import (
	"errors"
	"os"
	"strconv"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/settings"
	"github.com/gophertainer/gophertainer/lib/json"
)

// A file is a log of lines, with older ones beside it as NAME.1, NAME.2, ….
type file struct {
	name    string
	form    func(b []byte, l *line) []byte
	max     int64
	keep    int
	size    int64
	f       *os.File
	scratch []byte
}

func openFile(s *settings.Settings) (*file, error) {
	forms := map[string]func([]byte, *line) []byte{"json": jsonForm, "cri": criForm, "plain": plainForm}
	f := &file{name: s.Data + "/" + File, form: forms[s.Log.Driver], max: s.Log.MaxSize, keep: s.Log.MaxFile}
	return f, f.open()
}

func (f *file) open() (err error) {
	f.f, err = os.OpenFile(f.name, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return err
	}
	f.size, err = f.f.Seek(0, 2)
	return err
}

// put writes a line in one write. Half a line is taken back, so that the log
// stays one of whole lines.
func (f *file) put(l *line) error {
	f.scratch = f.form(f.scratch[:0], l)
	if f.max > 0 && f.size > 0 && f.size+int64(len(f.scratch)) > f.max {
		if err := f.rotate(); err != nil {
			return err
		}
	}
	n, err := f.f.Write(f.scratch)
	if err == nil {
		f.size += int64(n)
		return nil
	}
	var at *os.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return errors.Join(err, f.f.Truncate(f.size))
}

// rotate makes the current file the first of the older ones. The last falls off.
func (f *file) rotate() error {
	if f.keep < 2 {
		f.size = 0
		return f.f.Truncate(0)
	}
	for i := f.keep - 2; i > 0; i-- {
		err := os.Rename(f.name+"."+strconv.Itoa(i), f.name+"."+strconv.Itoa(i+1))
		if err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	if err := os.Rename(f.name, f.name+".1"); err != nil && !os.IsNotExist(err) {
		return err
	}
	old := f.f
	if err := f.open(); err != nil {
		f.f = old
		return err
	}
	return old.Close()
}

func (f *file) close() error { return f.f.Close() }

// layout keeps its width, so that lines can be compared as text.
const layout = "2006-01-02T15:04:05.000000000Z"

// jsonForm is Docker's json-file: a part of a line has no \n at its end.
func jsonForm(b []byte, l *line) []byte {
	b = json.AppendString(append(b, `{"log":`...), borrow(l.text))
	if l.whole {
		b = append(b[:len(b)-1], `\n"`...)
	}
	b = append(append(b, `,"stream":"`...), l.stream...)
	b = l.at.UTC().AppendFormat(append(b, `","time":"`...), layout)
	return append(b, '"', '}', '\n')
}

// criForm is Kubernetes': TIME STREAM F|P TEXT.
func criForm(b []byte, l *line) []byte {
	b = l.at.UTC().AppendFormat(b, layout)
	b = append(append(append(b, ' '), l.stream...), ' ')
	tag := byte('P')
	if l.whole {
		tag = 'F'
	}
	b = append(append(b, tag, ' '), l.text...)
	return append(b, '\n')
}

// plainForm is what the container wrote.
func plainForm(b []byte, l *line) []byte {
	b = append(b, l.text...)
	if l.whole {
		b = append(b, '\n')
	}
	return b
}
