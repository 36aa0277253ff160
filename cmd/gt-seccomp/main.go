/*
gt-seccomp compiles the seccomp profile of a container to BPF.

# Synopsis

	gt-seccomp compile  [-o FILE] [--cap LIST] [--arch ARCH] [--kernel VERSION] [FILE|-]
	gt-seccomp dump     [--format bpf|pfc] [--cap LIST] [--arch ARCH] [--kernel VERSION] [FILE|-]
	gt-seccomp default  [--cap LIST] [--arch ARCH] [--kernel VERSION]
	gt-seccomp resolve  [--cap LIST] [--arch ARCH] [--kernel VERSION] [FILE|-]
	gt-seccomp explain  [--format text|json] [--as ARCH] [--cap LIST] [--arch ARCH] [--kernel VERSION] FILE|- CALL [ARG...]
	gt-seccomp learn    -o FILE [--also FILE] COMMAND [ARG...]
	gt-seccomp features

# Description

gt-oci runs gt-seccomp when a container is created whose profile it has not
compiled before, and keeps the answer. It is the only program of the project
that links libseccomp.

The profile is read from FILE, or from stdin. It is the object /linux/seccomp of
a config.json, a whole config.json, or a profile as Docker, Podman and
containerd have it, whose rules depend on capabilities, architecture and kernel
(archMap, includes, excludes).

resolve writes the profile as the object of a config.json, with what depends on
the target decided.

compile writes the filter: an array of struct sock_filter, 8 bytes an
instruction, as seccomp(2) wants it. dump writes the same for people: the
instructions (bpf), or the pseudo code of libseccomp (pfc), which lacks the
instructions put in front.

In front stands a check for system calls that are newer than every one the
profile names: they fail with ENOSYS, not with the default action, so that a C
library tries the older call. It is absent if the default action lets the call
pass, traces it, or is ENOSYS.

A name that libseccomp does not know is passed over. Two conditions on one
argument of a rule are two rules: a call passes if either holds.

default writes the object that stands for Docker's default profile. It keeps
socket(2) to a list of families, without AF_ALG and AF_VSOCK; but it lets 32-bit
programs call socketcall(2), whose family no filter can see. Where they are not
needed, remove socketcall from it, or SCMP_ARCH_X86 from its architectures.

explain says what becomes of one system call, by name or number, with these
arguments (those left out are 0), and which rule of the profile decides that:
it runs the compiled filter, and names what in the profile says the same. A call
of a 32-bit program is asked for --as 386.

learn runs a command, watches all system calls that it and what it starts make,
and writes the smallest profile: these calls are allowed, all others EPERM. It
needs no rights: the kernel asks it for every call (SECCOMP_RET_USER_NOTIF,
Linux 5.9), which makes the command slower, and no_new_privs is set, so setuid
programs do not gain rights. A profile is for containers with
process.noNewPrivileges. What the command did not do is not learned: run it again
with --also and the profile so far. The exit code is the command's.

features writes what libseccomp and the kernel can do.

# Options

	-o, --output FILE     write to FILE, not to stdout
	-f, --format FORM     of dump: bpf (instructions) or pfc (pseudo code)
	                      of explain: text or json
	    --as ARCH         architecture the call is made for, the container's if absent
	    --also FILE       a profile of learn, whose calls are taken in too
	    --cap LIST        capabilities the container has, for includes and excludes:
	                      CAP_SYS_ADMIN,CAP_BPF or sys_admin,bpf; may be repeated
	    --arch ARCH       architecture of the container: amd64 or SCMP_ARCH_X86_64;
	                      this machine's if absent
	    --kernel VERSION  kernel of the container, as 6.1; the running one if absent

# Examples

	gt-seccomp default --cap sys_ptrace > seccomp.json
	gt-seccomp compile -o filter.bpf seccomp.json
	gt-seccomp dump config.json | less
	gt-seccomp explain config.json socket 38 5
	gt-seccomp learn -o seccomp.json nginx -t

--root DIR is the state directory, --log FILE appends errors to FILE as
--log-format text|json says, --debug says more.

# Exit status

0 done, 1 failed, 2 wrong usage or a wrong profile. learn: the command's own,
128 and the signal if one ended it.
*/
package main

import "github.com/gophertainer/gophertainer/lib/tool"

func main() { tool.Main(program) }

var program = &tool.Program{
	Name:    "gt-seccomp",
	Summary: "compile the seccomp profile of a container to BPF",
	Verbs: []tool.Verb{
		{Name: "compile", Args: "[FILE|-]", Summary: "write the filter that a profile stands for", Make: compile},
		{Name: "dump", Args: "[FILE|-]", Summary: "write the filter for people to read", Make: dump},
		{Name: "default", Summary: "write Docker's default profile as an OCI object", Make: printDefault},
		{Name: "resolve", Args: "[FILE|-]", Summary: "write a profile as an OCI object", Make: printResolved},
		{Name: "explain", Args: "FILE|- CALL [ARG...]", StopAt: 2, Summary: "say which rule decides a system call", Make: explain},
		{Name: "learn", Args: "COMMAND [ARG...]", StopAt: 1, Summary: "run a command and write the smallest profile for it", Make: learn},
		{Name: "features", Summary: "say what libseccomp and the kernel can do", Make: printFeatures},
	},
}
