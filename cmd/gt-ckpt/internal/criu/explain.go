package criu

import (
	"bufio"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// A Cause is what a log of CRIU says, for a person.
type Cause struct {
	Code    fail.Code
	Say     string   // one sentence
	Remedy  string   // what helps, or ""
	Excerpt []string // the lines it was read from
}

// Error makes the cause an error.
func (c *Cause) Error() error {
	e := fail.New(c.Code, "%s", c.Say)
	e.Hint = c.Remedy
	return e
}

// Raced tells whether a log complains first of what passes by itself: the next
// time may do.
func Raced(log string) bool {
	lines := complaints(log)
	if len(lines) == 0 {
		return false
	}
	c := explain(lines[:1])
	return c != nil && c.Remedy == again
}

// Explain reads a log. It never fails: what it does not know is told as CRIU
// wrote it.
func Explain(log string) *Cause {
	lines := complaints(log)
	if c := explain(lines); c != nil {
		return c
	}
	if full(log) {
		return &Cause{Code: fail.CodeLimit, Say: "the disk is full", Excerpt: lines[:min(len(lines), 3)]}
	}
	c := &Cause{Code: fail.CodeHost, Say: "criu gave up", Excerpt: lines[:min(len(lines), 3)]}
	if len(lines) > 0 {
		c.Say += ": " + bare(lines[0])
	}
	return c
}

// explain is the first rule for the first line that has one.
func explain(lines []string) *Cause {
	for _, line := range lines {
		for _, rule := range rules {
			m := rule.match.FindStringSubmatchIndex(line)
			if m == nil || rule.gone > 0 && !ended(line[m[2*rule.gone]:m[2*rule.gone+1]]) {
				continue
			}
			return &Cause{
				Code: rule.code, Say: expand(rule.match, rule.say, line, m), Remedy: rule.remedy,
				Excerpt: excerpt(lines, line),
			}
		}
	}
	return nil
}

// ending is what a process gets that is on its way out, in milliseconds.
const ending = 300

// ended tells whether a process has, or is about to.
func ended(pid string) bool {
	n, err := strconv.Atoi(pid)
	if err != nil {
		return false
	}
	fd, err := unix.PidfdOpen(n, 0)
	if err != nil {
		return err == unix.ESRCH || err == unix.EINVAL
	}
	defer unix.Close(fd)
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	return sys.Poll(fds, ending) == nil && fds[0].Revents != 0
}

// full tells whether the filesystem of the log has no room, and the log ends
// within a line for it: then the line that would say so is not in it.
func full(log string) bool {
	var st unix.Statfs_t
	if unix.Statfs(log, &st) != nil || st.Blocks == 0 || st.Bavail*uint64(st.Bsize) >= 16<<10 {
		return false
	}
	f, err := os.Open(log)
	if err != nil {
		return false
	}
	defer f.Close()
	end, err := f.Seek(0, io.SeekEnd)
	last := make([]byte, 1)
	if err == nil && end > 0 {
		_, err = f.ReadAt(last, end-1)
	}
	return err == nil && last[0] != '\n'
}

func expand(re *regexp.Regexp, say, line string, m []int) string {
	text := string(re.ExpandString(nil, say, line, m))
	return strings.ReplaceAll(text, "  ", " ")
}

// excerpt is the line and what follows it, three lines at most.
func excerpt(lines []string, at string) []string {
	for i, l := range lines {
		if l == at {
			return lines[i:min(i+3, len(lines))]
		}
	}
	return nil
}

// noise are complaints without consequence.
var noise = regexp.MustCompile(`RLIMIT_NOFILE for self|Unable to detach from|(Dump|Restor)ing FAILED|kerndat|Failed to read.*config`)

// complaints are the lines of kind Error, without those that mean nothing.
func complaints(log string) []string {
	f, err := os.Open(log)
	if err != nil {
		return nil
	}
	defer f.Close()
	var list []string
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		line := s.Text()
		if strings.Contains(line, "Error (") && !noise.MatchString(line) && len(list) < 50 {
			list = append(list, line)
		}
	}
	return list
}

// where is the time and place that CRIU puts before a line.
var where = regexp.MustCompile(`^\(\d+\.\d+\)\s+(\d+:\s+)?Error \([^)]*\):\s*`)

func bare(line string) string { return where.ReplaceAllString(line, "") }
