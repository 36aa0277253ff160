package logs

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gophertainer/gophertainer/lib/json"
)

// An Entry is a line that was kept. Text has its end, if there was one.
type Entry struct {
	Stream string
	Text   string
	At     time.Time // zero where the form keeps none
}

// Names are the files of a log, the oldest first.
func Names(data string) []string {
	name := data + "/" + File
	var list []string
	for i := 1; ; i++ {
		old := name + "." + strconv.Itoa(i)
		if _, err := os.Lstat(old); err != nil {
			break
		}
		list = append([]string{old}, list...)
	}
	return append(list, name)
}

// Parse cuts the whole lines of a log into entries and returns how many bytes
// they are. driver is the log's form.
func Parse(driver string, text []byte) (list []Entry, used int) {
	for {
		i := bytes.IndexByte(text[used:], '\n')
		if i < 0 {
			break
		}
		list = append(list, parse(driver, string(text[used:used+i])))
		used += i + 1
	}
	// A plain log may end without a line's end.
	if driver == "plain" && used < len(text) {
		list = append(list, Entry{Stream: Stdout, Text: string(text[used:])})
		used = len(text)
	}
	return list, used
}

func parse(driver, text string) Entry {
	switch driver {
	case "json":
		return parseJSON(text)
	case "cri":
		return parseCRI(text)
	}
	return Entry{Stream: Stdout, Text: text + "\n"}
}

func parseJSON(text string) (e Entry) {
	r := json.NewReader([]byte(text))
	r.Object(func(name string) {
		switch name {
		case "log":
			e.Text = r.String()
		case "stream":
			e.Stream = r.String()
		case "time":
			e.At, _ = time.Parse(time.RFC3339Nano, r.String())
		default:
			r.Skip()
		}
	})
	if r.End() != nil {
		return Entry{Stream: Monitor, Text: text + "\n"}
	}
	return e
}

func parseCRI(text string) Entry {
	part := strings.SplitN(text, " ", 4)
	if len(part) < 4 {
		return Entry{Stream: Monitor, Text: text + "\n"}
	}
	e := Entry{Stream: part[1], Text: part[3]}
	e.At, _ = time.Parse(time.RFC3339Nano, part[0])
	if part[2] == "F" {
		e.Text += "\n"
	}
	return e
}
