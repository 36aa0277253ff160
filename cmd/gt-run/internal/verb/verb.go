// Package verb is all of gt-run but run: the words that look at containers and
// rule them. Each asks the tool whose business it is.
package verb

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/roster"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/sibling"
	"github.com/gophertainer/gophertainer/lib/event"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/idmap"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// Program is the command line of the verbs.
func Program() *tool.Program {
	return &tool.Program{
		Name:    "gt-run",
		Summary: "runs commands in containers",
		Manual:  "gt-run --help shows how to run one.",
		Exit: func(_ string, err error) int {
			if fail.Details(err).Code == fail.CodeUsage {
				return failed
			}
			return 1
		},
		Verbs: verbs,
	}
}

// failed is the exit code of a command line that is wrong: gt-run's own for what
// is not the command's.
const failed = 125

var verbs = []tool.Verb{
	{Name: "ps", Summary: "list containers", Make: ps},
	{Name: "stop", Args: "[ID...]", Summary: "ask containers to end, kill them after a time", Make: audited("stop", stop)},
	{Name: "start", Args: "ID...", Summary: "start containers again that have ended", Make: audited("start", start)},
	{Name: "restart", Args: "ID...", Summary: "stop containers and start them again", Make: audited("restart", restart)},
	{Name: "kill", Args: "ID...", Summary: "send a signal, KILL if none is named", Make: audited("kill", kill)},
	{Name: "rm", Args: "ID...", Summary: "remove containers", Make: audited("rm", remove)},
	{Name: "exec", Args: "ID COMMAND...", StopAt: 1, Summary: "run a further command in a container", Make: audited("exec", execute)},
	{Name: "attach", Args: "ID", Summary: "join a detached container's input and output", Make: audited("attach", attach)},
	{Name: "logs", Args: "ID", Summary: "print what a detached container wrote", Make: showLogs},
	{Name: "inspect", Args: "ID...", Summary: "print all that is known, as JSON", Make: inspect},
	{Name: "explain", Args: "ID", Summary: "tell what confines a container, and how it ended", Make: explain},
	{Name: "wait", Args: "ID...", Summary: "wait for the end and print the exit codes", Make: wait},
	{Name: "update", Args: "ID...", Summary: "change limits and the restart policy", Make: audited("update", update)},
	{Name: "pause", Args: "ID...", Summary: "freeze containers", Make: audited("pause", simple("pause"))},
	{Name: "resume", Args: "ID...", Summary: "let paused containers go on", Make: audited("resume", simple("resume"))},
	{Name: "unpause", Args: "ID...", Summary: "the same as resume", Make: audited("resume", simple("resume"))},
	{Name: "stats", Args: "[ID...]", Summary: "print what containers use", Make: stats},
	{Name: "top", Args: "ID [PS-OPTIONS...]", StopAt: 1, Summary: "list a container's processes", Make: top},
	{Name: "cp", Args: "FROM TO", Summary: "copy files: one of the two is ID:PATH, the other a path or - (a tar archive on stdin or stdout)", Make: audited("cp", cp)},
	{Name: "diff", Args: "ID", Summary: "list what a container changed in its root", Make: diff},
	{Name: "commit", Args: "ID TARGET", Summary: "write what a container changed as a layer or an image", Make: audited("commit", commit)},
	{Name: "export", Args: "ID", Summary: "write a container's root as a tar archive to stdout", Make: export},
	{Name: "boot", Summary: "start again what restart policies say, after the machine was started", Make: boot},
}

// Is tells whether a word is a verb.
func Is(word string) bool {
	for _, v := range verbs {
		if v.Name == word {
			return true
		}
	}
	return false
}

// Names are all verbs.
func Names() []string {
	var list []string
	for _, v := range verbs {
		list = append(list, v.Name)
	}
	return list
}

// A maker is what a verb's table has.
type maker = func(o *tool.Options) func(c *tool.Call) error

// audited writes down who did what to which container, also when it fails: one
// line in audit.jsonl among the data, which nobody shortens.
func audited(name string, make maker) maker {
	return func(o *tool.Options) func(c *tool.Call) error {
		do := make(o)
		return func(c *tool.Call) error {
			if err := Audit(name, c.Args); err != nil {
				return err
			}
			return do(c)
		}
	}
}

// Audit writes down that the caller is about to do something to args[0]. It comes before the deed: exec and attach become another program.
func Audit(verb string, args []string) error {
	dir, err := bundle.Dir()
	if err != nil {
		return err
	}
	data := filepath.Dir(dir)
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(data, "audit.jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return &fail.Error{Op: "open audit log", Cause: err}
	}
	defer f.Close()
	id, rest := "", ""
	if len(args) > 0 {
		id = args[0]
	}
	for _, a := range args[min(1, len(args)):] {
		rest += " " + a
	}
	e := event.New("audit", id, "verb", verb, "arguments", rest[:min(len(rest), 1000)], "uid", caller(), "login", login())
	_, err = f.Write(e.Line())
	return err
}

// caller is the user, by the number that he has outside of our user namespace.
func caller() string {
	uid := os.Getuid()
	if m, err := idmap.Self(); err == nil {
		if host, ok := m.UID.ToHost(uint32(uid)); ok {
			return itoa(int(host))
		}
	}
	return itoa(uid)
}

// login is who began the session, whatever sudo made of him since: empty if
// nobody did (proc_pid_loginuid(5)).
func login() string {
	text, err := os.ReadFile("/proc/self/loginuid")
	if err != nil || string(text) == "4294967295" {
		return ""
	}
	return string(text)
}

// containers is the roster of a call.
func containers(c *tool.Call) (*roster.Roster, error) {
	dir, err := bundle.Dir()
	return &roster.Roster{Root: c.Root, Bundles: dir}, err
}

func find(c *tool.Call, id string) (*roster.Container, error) {
	r, err := containers(c)
	if err != nil {
		return nil, err
	}
	return r.Find(id)
}

// become replaces this process by a tool, which speaks for itself.
func become(c *tool.Call, name string, args ...string) error {
	path, err := sibling.Path(name)
	if err != nil {
		return err
	}
	argv := append([]string{name, "--root", c.Root}, args...)
	defer sys.PlainSlack()()
	return &fail.Error{Op: "execute " + path, Cause: unix.Exec(path, argv, os.Environ())}
}

// each does something for every ID; one that fails does not stop the others.
func each(c *tool.Call, do func(id string) error) error {
	if len(c.Args) == 0 {
		return c.Each("", func(in tool.Input) ([]byte, error) { return in.Raw, do(in.ID) })
	}
	return c.Objects(c.Args, do)
}
