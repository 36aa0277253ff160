package fail

import "syscall"

// A Code is a stable word for one kind of failure. Scripts may depend on it;
// docs/errors.md explains each, and a test holds the two lists together.
type Code string

// The codes.
const (
	CodeUsage      Code = "usage"        // the command line cannot be understood
	CodeInput      Code = "input"        // a file or stdin is not what it has to be
	CodeSpec       Code = "spec"         // a member of config.json is wrong
	CodeNoSuch     Code = "no-such"      // the container, file or checkpoint does not exist
	CodeExists     Code = "exists"       // the ID or file is taken
	CodeStatus     Code = "status"       // the container is in the wrong status for the verb
	CodePermission Code = "permission"   // the kernel or the mode of a file forbids it
	CodeKernel     Code = "kernel"       // the kernel lacks the feature
	CodeHost       Code = "host"         // the host lacks a program, controller or device
	CodeLimit      Code = "limit"        // a limit is too small or was hit
	CodeUnsafe     Code = "unsafe"       // refused: a path or input would escape its root
	CodeStep       Code = "step"         // a step of the birth failed
	CodeHook       Code = "hook"         // a hook failed or timed out
	CodeExec       Code = "exec"         // the program cannot be executed
	CodeExecNoSuch Code = "exec-no-such" // the program does not exist
	CodeStamp      Code = "stamp"        // tools of different builds were mixed
	CodeTimeout    Code = "timeout"      // what was waited for did not come
	CodeBusy       Code = "busy"         // something else holds it
	CodeSystem     Code = "system"       // any other answer of the kernel
	CodeInternal   Code = "internal"     // a bug in this project
)

// Codes lists every code, for the manual and its test.
func Codes() []Code {
	return []Code{
		CodeUsage, CodeInput, CodeSpec, CodeNoSuch, CodeExists, CodeStatus,
		CodePermission, CodeKernel, CodeHost, CodeLimit, CodeUnsafe, CodeStep,
		CodeHook, CodeExec, CodeExecNoSuch, CodeStamp, CodeTimeout, CodeBusy,
		CodeSystem, CodeInternal,
	}
}

func codeOf(errno syscall.Errno) Code {
	switch errno {
	case syscall.ENOENT:
		return CodeNoSuch
	case syscall.EEXIST:
		return CodeExists
	case syscall.EPERM, syscall.EACCES:
		return CodePermission
	case syscall.ENOSYS:
		return CodeKernel
	case syscall.EBUSY:
		return CodeBusy
	}
	return CodeSystem
}
