package criu

import (
	"bufio"
	"io"
	"os"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
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

// rule turns a line of the log into a cause; $1 and so on are groups of match.
type rule struct {
	match       *regexp.Regexp
	code        fail.Code
	say, remedy string
}

func r(match string, code fail.Code, say, remedy string) rule {
	return rule{regexp.MustCompile(match), code, say, remedy}
}

// rules are tried on each line of kind Error, in the order of the log: CRIU's
// first complaint is the cause, what follows are consequences.
var rules = []rule{
	r(`Connected TCP socket`, fail.CodeStatus, "a TCP connection is open", "need --tcp-established"),
	r(`TCP connection.*(in|unacked|in-flight)|In-flight connection`, fail.CodeStatus, "a TCP connection is just being made", "try again"),
	r(`on an in-flight socket`, fail.CodeBusy, "a connection to a unix socket is just being made", "try again"),
	r(`[Ee]xternal socket is used|Can't dump half of.*unix|unix:.*[Ee]xternal`, fail.CodeStatus, "a unix socket is connected to a process outside the container", "need --ext-unix-sk"),
	r(`file locks are hold`, fail.CodeStatus, "processes hold file locks", "need --file-locks"),
	r(`leader of .* is outside|outside of its pid namespace|without.*master peer|[Dd]ifferent session`, fail.CodeStatus, "the session or terminal belongs to a shell outside the container", "need --shell-job"),
	r(`Can't lookup mount=\S+ for fd=(\S+) path=(\S+)`, fail.CodeStatus, "descriptor $1 is $2, opened outside the container's mounts", "need a pipe, /dev/null or a terminal there"),
	r(`[Cc]an't dump ghost file (\S+) of (\S+)`, fail.CodeLimit, "an open file of $2 bytes has been deleted", "need it closed, or ghost-limit in the CRIU configuration"),
	r(`Can't link link_remap\S+ -> (\S+): No such file`, fail.CodeNoSuch, "the name that --link-remap gave the open file $1 is missing in the root", "need the root as it was at the dump"),
	r(`Can't create link remap for (\S+)\. Use`, fail.CodeStatus, "the open file $1 was deleted, and has another name", "need --link-remap"),
	r(`Can't dump file (\S+) of that type .*\((.*)\)`, fail.CodeStatus, "descriptor $1 is of a kind that CRIU cannot take: $2", ""),
	r(`io_uring`, fail.CodeStatus, "a process uses io_uring, which CRIU cannot take", ""),
	r(`mnt: Mount (\S+) (\S+) \(.*\) has unsupported|FS mnt (\S+) .* unsupported`, fail.CodeStatus, "the mount $2 is of a kind that CRIU cannot take", ""),
	r(`mnt:.*doesn't have a proper root mount`, fail.CodeStatus, "a bind mount of the container is not named in its spec", ""),
	r(`mnt:.*[Uu]nreachable (sharing|slave)`, fail.CodeStatus, "a mount of the container propagates from the host", "need rprivate or rslave in the spec"),
	r(`Unseizable non-zombie (\d+) found, state (\S+)`, fail.CodeBusy, "process $1 is stuck in the kernel (state $2)", "try again"),
	r(`ptrace.*[Oo]peration not permitted|Unable to (attach|seize).*not permitted`, fail.CodePermission, "a process is traced by another, or ptrace is forbidden", ""),
	r(`Can't get rlimit \d+: Operation not permitted`, fail.CodePermission, "a process of another user than root has limits that CRIU may not read", "need CAP_SYS_RESOURCE here, or a user namespace of the container's own"),
	r(`Unable to open (\S+): Permission denied`, fail.CodePermission, "CRIU may not open $1 as the root of the container's user namespace", "need images on a filesystem with id-mapped mounts, or readable by that user"),
	r(`vdso: Unexpected rt vDSO`, fail.CodeHost, "this CRIU is too old for this kernel", "need a newer CRIU, such as scripts/install-criu.sh brings"),
	r(`[Kk]ernel.*(CONFIG_CHECKPOINT_RESTORE|not support)`, fail.CodeKernel, "the kernel lacks what CRIU needs", ""),
	r(`[Ss]oft-?dirty|[Dd]irty tracking|mem(ory)? tracking`, fail.CodeKernel, "the kernel cannot track dirty memory", "need CONFIG_MEM_SOFT_DIRTY"),
	r(`CPU.*(capabilit|mismatch|instruction)|cpu:.*(not supported|mismatch|does not)`, fail.CodeHost, "the program uses CPU features that this machine lacks", "need --cpu-cap in the dump, or a like CPU"),
	r(`Can't fork for (\d+): File exists|Pid (\d+) do(es)? not match|Unable to fork.*File exists`, fail.CodeBusy, "PID $1 is taken", "need a PID namespace of its own in the spec, or that process ended"),
	r(`(inet|sk).*[Cc]an't (bind|restore).*|Cannot assign requested address`, fail.CodeHost, "an address that a socket is bound to is missing", "need the network of the container up before its processes"),
	r(`Address already in use`, fail.CodeBusy, "an address that a socket is bound to is in use", ""),
	r(`No space left on device`, fail.CodeLimit, "the disk is full", ""),
	r(`Disk quota exceeded`, fail.CodeLimit, "the disk quota is used up", ""),
	r(`Can't open file (\S+)( on restore)?: No such file|Can't open file (\S+) on restore`, fail.CodeNoSuch, "the file $1 that a process has open is missing in the root", "need the root as it was at the dump"),
	r(`File (\S+) has bad (size|mode) (\S+) \(expect (\S+)\)`, fail.CodeInput, "the file $1 of the root was changed: its $2 is $3, need $4", "need the root as it was at the dump"),
	r(`File (\S+) has bad build-ID`, fail.CodeInput, "the program or library $1 of the root is another build", "need the root as it was at the dump"),
	r(raced.String(), fail.CodeBusy, "a process ended in the moment in which it came back", "try again"),
	r(`Can't create a temporary directory: Read-only`, fail.CodeHost, "the root is read-only and has no /tmp", "need a directory /tmp in the root, where CRIU turns it over"),
	r(`mnt:.*(can't|Can't|Unable to).*mount.*(\S+)`, fail.CodeHost, "a mount of the container cannot be made", ""),
	r(`(apparmor|selinux|lsm):? .*`, fail.CodeHost, "the security label cannot be dumped or set", ""),
	r(`[Ii]ptables|nftables|[Nn]etwork lock|iptables-restore|locked? network`, fail.CodeHost, "CRIU cannot lock the network of the container", "need nft or iptables on this host"),
	r(`[Ii]mage .*(magic|corrupt|read)|Magic doesn't match|Unexpected EOF|Image.*not found`, fail.CodeInput, "an image of the checkpoint is broken or missing", ""),
	r(`Address space.*|Can't mmap|Cannot allocate memory`, fail.CodeLimit, "memory does not suffice", "need a larger memory limit"),
}

// raced is a restore in which a thread ended the whole process before CRIU had
// let go of its other threads. CRIU gives up then; the next time may do.
var raced = regexp.MustCompile(`Unable to detach \d+: No such process`)

// Raced tells whether that is what a log complains about first.
func Raced(log string) bool {
	lines := complaints(log)
	return len(lines) > 0 && raced.MatchString(lines[0])
}

// Explain reads a log. It never fails: what it does not know is told as CRIU
// wrote it.
func Explain(log string) *Cause {
	lines := complaints(log)
	for _, line := range lines {
		for _, rule := range rules {
			if m := rule.match.FindStringSubmatchIndex(line); m != nil {
				return &Cause{
					Code: rule.code, Say: expand(rule.match, rule.say, line, m), Remedy: rule.remedy,
					Excerpt: excerpt(lines, line),
				}
			}
		}
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
