package criu

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
