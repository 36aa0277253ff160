package criu

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Lines as CRIU 4.2.1 writes them.
func TestExplain(t *testing.T) {
	const noise = "(00.001090) Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted\n"
	for _, x := range []struct{ log, say, remedy string }{
		{"(00.012028) Error (criu/files-reg.c:1790): Can't lookup mount=60 for fd=0 path=/dev/null\n(00.074948) Error (criu/cr-dump.c:1975): Dumping FAILED.", "descriptor 0 is /dev/null, opened outside the container's mounts", "need a pipe"},
		{"(00.02) Error (criu/sk-inet.c:191): inet: Connected TCP socket, consider using --tcp-established option.", "a TCP connection is open", "--tcp-established"},
		{"(00.02) Error (criu/file-lock.c:110): Some file locks are hold by dumping tasks! You can try --file-locks to dump them.", "processes hold file locks", "--file-locks"},
		{"(00.03) Error (criu/sk-unix.c:850): unix: External socket is used. Consider using --ext-unix-sk option.", "a unix socket is connected to a process outside the container", "--ext-unix-sk"},
		{"(00.1) Error (criu/sk-unix.c:633): unix: Non-empty write queue on an in-flight socket 0x1018089", "a connection to a unix socket is just being made", "try again"},
		{"(00.1) Error (criu/cr-dump.c:300): Can't get rlimit 0: Operation not permitted", "a process of another user than root has limits that CRIU may not read", "CAP_SYS_RESOURCE"},
		{"(00.2) Error (criu/image.c:500): Can't write image: No space left on device", "the disk is full", ""},
		{"(00.1)      1: Error (criu/files-reg.c:2200): File lib/x has bad size 12 (expect 13)", "the file lib/x of the root was changed: its size is 12, need 13", "root as it was"},
		{"(00.1)      1: Error (criu/mount.c:2955): mnt: Can't create a temporary directory: Read-only file system", "the root is read-only and has no /tmp", "directory /tmp"},
		{"(00.0) Error (criu/vdso.c:55): vdso: Unexpected rt vDSO area bounds", "this CRIU is too old for this kernel", "newer CRIU"},
		{"(00.1) Error (criu/files-reg.c:1122): Can't lookup mount=21 for fd=0 path=/dev/pts/2", "descriptor 0 is the terminal /dev/pts/2 of the host", "terminal of the container's own"},
		{"(00.02) Error (criu/sk-inet.c:130): inet: Unsupported proto 262 for socket 2f9bc5", "a process listens with MPTCP, as Go programs do, which CRIU cannot take", "GODEBUG=multipathtcp=0"},
		{"(00.1) Error (criu/sockets.c:628): sockets: Can't get 1:16 opt: Operation not supported", "the kernel does not tell the option 1:16 of a socket", "newer CRIU"},
		{"(00.1) Error (criu/sk-inet.c:900): inet: Can't bind inet socket (id 4): Address already in use", "an address that a socket is bound to is in use", ""},
		{"(00.1) Error (criu/sk-inet.c:900): inet: Can't bind inet socket (id 4): Cannot assign requested address", "an address that a socket is bound to is missing", "network of the container"},
		{"(00.1) Error (criu/namespaces.c:400): Can't dump nested pid namespace for 99999999", "process 99999999 was just ending", "try again"},
		{"(00.1) Error (criu/namespaces.c:400): Can't dump nested pid namespace for 1", "process 1 has made a pid namespace of its own, which CRIU cannot take", ""},
		{"(00.1) Error (criu/seize.c:1110): Zombies with threads are not supported", "a process was just ending, or goes on without its main thread, which CRIU cannot take", "try again"},
		{"(00.1) Error (criu/proc_parse.c:3): Can't open 7/stat on procfs: No such process", "a process was just ending", "try again"},
		{"(00.1) Error (criu/x.c:3): Can't attach to 7: No such process", "a process was just ending", "try again"},
		{"(00.1) Error (criu/cr-dump.c:900): The root process 9 is not a session leader. Consider using --shell-job option", "the session or terminal belongs to a shell outside the container", "--shell-job"},
		{"(00.1) Error (criu/mount.c:1000): mnt: FS mnt ./x dev 0x40 root / unsupported id 9", "the mount ./x is of a kind that CRIU cannot take", ""},
		{"(00.1) Error (criu/mount.c:500): mnt: 60:./data doesn't have a proper root mount", "the mount ./data of the container is not named in its spec", ""},
		{"(00.1) Error (criu/mount.c:3141): mnt: No mapping for 27109:(null) mountpoint", "the checkpoint has a mount of the host that the spec has not", "as they were at the dump"},
		{"(00.1) Error (criu/image.c:100): Not supported images version 7", "the images are of another CRIU than this one can read", "as new as"},
		{"(00.1) Error (criu/cr-restore.c:1): Can't fork for 12: File exists", "PID 12 is taken", "PID namespace"},
		{"(00.1) Error (criu/cr-restore.c:1): Pid 13 do not match expected 12", "PID 13 is taken", "PID namespace"},
		{"(00.1) Error (compel/src/lib/infect.c:1): Unseizable non-zombie 7 found, state D, err -1/5", "process 7 is stuck in the kernel (state D)", "try again"},
		{"(00.1) Error (criu/files-reg.c:2): Can't open file etc/x on restore: Permission denied", "the file etc/x that a process has open cannot be opened in the root", "root as it was"},
		{"(00.1) Error (criu/nothing.c:1): something that nobody knows", "criu gave up: something that nobody knows", ""},
		{"", "criu gave up", ""},
	} {
		path := filepath.Join(t.TempDir(), "dump.log")
		if err := os.WriteFile(path, []byte(noise+x.log+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c := Explain(path)
		if c.Say != x.say || !strings.Contains(c.Remedy, x.remedy) || (x.remedy == "") != (c.Remedy == "") {
			t.Errorf("%s\n have %q (%s)\n need %q (%s)", x.log, c.Say, c.Remedy, x.say, x.remedy)
		}
		if len(c.Excerpt) > 3 {
			t.Errorf("excerpt has %d lines, need at most 3", len(c.Excerpt))
		}
	}
}

// What passes by itself is tried again only where it is the cause.
func TestRaced(t *testing.T) {
	for log, want := range map[string]bool{
		"Error (a.c:1): Zombies with threads are not supported\nError (a.c:2): Can't dump nested ipc namespace for 1": true,
		"Error (a.c:2): Can't dump nested ipc namespace for 1\nError (a.c:1): Zombies with threads are not supported": false,
		"Error (a.c:1): something else\nError (a.c:1): Zombies with threads are not supported":                        false,
		"Error (a.c:1): Unable to detach 7: No such process":                                                          true,
		"": false,
	} {
		path := filepath.Join(t.TempDir(), "dump.log")
		if err := os.WriteFile(path, []byte(log+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if have := Raced(path); have != want {
			t.Errorf("%q: have %t, need %t", log, have, want)
		}
	}
}

// Every rule is of a message that CRIU has, as its program's text tells. Errors
// of the kernel end many of them.
func TestRulesAreOfCRIU(t *testing.T) {
	text, err := os.ReadFile("/opt/criu/root/usr/sbin/criu")
	if err != nil {
		t.Skip("needs CRIU where scripts/install-criu.sh puts it")
	}
	messages := map[string]bool{}
	for _, s := range strings.Split(string(text), "\x00") {
		_, m, ours := strings.Cut(s, "Error (%s:%d): ")
		if !ours {
			continue
		}
		// Values that rules ask for: 262 is MPTCP.
		for _, word := range []string{"x", "link_remap.1", "/dev/pts/1", "anon_inode:[io_uring]"} {
			messages[filled(m, word)] = true
		}
		at := strings.LastIndex(m, ": %s")
		for _, errno := range []unix.Errno{unix.ENOENT, unix.EEXIST, unix.EPERM, unix.EACCES, unix.EROFS, unix.EADDRINUSE, unix.EADDRNOTAVAIL, unix.ENOSPC, unix.EDQUOT, unix.ENOMEM, unix.ESRCH} {
			if at >= 0 {
				messages[filled(m[:at]+": "+spelled(errno), "link_remap.1")] = true
			}
		}
	}
	all := slices.Collect(maps.Keys(messages))
	for _, rule := range rules {
		if !slices.ContainsFunc(all, rule.match.MatchString) {
			t.Errorf("no message of CRIU is like %s", rule.match)
		}
	}
}

// filled is a message with values in it.
func filled(m, word string) string {
	return verb.ReplaceAllStringFunc(strings.ReplaceAll(m, "%s", word), func(v string) string {
		switch {
		case v == "%c":
			return "D"
		case v == "%d" && strings.Contains(m, "proto"):
			return "262"
		}
		return "1"
	})
}

var verb = regexp.MustCompile(`%[-#0-9.]*[lzj]*[a-zA-Z]`)

// spelled is an error as the C library writes it.
func spelled(e unix.Errno) string {
	s := e.Error()
	return strings.ToUpper(s[:1]) + s[1:]
}

func FuzzExplain(f *testing.F) {
	f.Add("(00.1) Error (criu/x.c:1): Can't lookup mount=60 for fd=0 path=/dev/null")
	f.Fuzz(func(t *testing.T, log string) {
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, []byte(log), 0o600); err != nil {
			t.Fatal(err)
		}
		if c := Explain(path); c.Say == "" {
			t.Error("says nothing")
		}
	})
}
