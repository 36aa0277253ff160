// Package plan is the language between gt-oci, which compiles a config.json
// into a list of steps, and gt-init, which runs them: the steps, and their
// encoding as bytes. It knows nothing of JSON or of how a step is done.
//
// A message on the socket is a header (length, number of descriptors), the
// encoded plan, and the descriptors as SCM_RIGHTS in the order the steps name
// them.
package plan

// Stamp names the build. A plan of another build is refused: both sides have
// to agree on every number below. Set by the linker for released builds.
var Stamp = "dev"

// An Op says what a step does. Numbers are part of the encoding.
type Op uint8

// The steps, in the order in which a usual birth runs them.
const (
	OpNone         Op = iota
	OpKeyring         // join a new session keyring named Path
	OpUnshare         // unshare(Flags), for namespaces that clone cannot make in time
	OpPropagation     // set the propagation Flags of the whole mount tree
	OpRoot            // attach the root: tree FD, or a recursive bind of Source; keep its descriptor
	OpMount           // a new filesystem: Type, Source, Data, attributes Set; attach at Path; Flags may be CopyUp
	OpBind            // attach a bind: tree FD or Source; attributes Set and Clear; recursive if Flags has MS_REC
	OpRemount         // change attributes of the mount at Path: Set, Clear
	OpMkdir           // make directory Path with Mode and its parents
	OpMknod           // make device Path: Mode, Dev, UID, GID
	OpSymlink         // make Path a link to Source if nothing is there
	OpConsole         // open a pty inside, attach it at /dev/console, send the master with FD
	OpHook            // run a host program: Args, Env, stdin Data, timeout in Nums[0] seconds
	OpSync            // report and wait for the parent's word
	OpPivot           // make the root the root: pivot_root, or chroot by MS_MOVE if Flags is 1
	OpMask            // hide Path with FD (a file) or an empty read-only directory
	OpReadonly        // make the tree at Path read-only
	OpSysctl          // write Data to /proc/sys below Path
	OpHostname        // sethostname(Data)
	OpDomainname      // setdomainname(Data)
	OpLoopback        // set lo up
	OpRlimit          // prlimit(Nums[0], soft Nums[1], hard Nums[2])
	OpScheduler       // sched_setattr with Data as struct sched_attr
	OpIOPriority      // ioprio_set(Nums[0])
	OpAffinity        // sched_setaffinity with Data as mask
	OpPersonality     // personality(Flags)
	OpUmask           // umask(Mode)
	OpSetsid          // setsid, and take the console if Flags is 1
	OpLabel           // write Data to /proc/self/attr/Path
	OpBound           // drop from the bounding set what is not in Nums[0]
	OpUser            // set groups Nums, gid GID, uid UID
	OpCapabilities    // Nums: effective, permitted, inheritable, ambient
	OpNoNewPrivs      // prctl(PR_SET_NO_NEW_PRIVS)
	OpSeccomp         // load the filter Data with Flags; send the listener to FD if there is one
	OpChdir           // chdir(Path), making sure that it is inside
	OpReady           // send the verdict; then wait at the gate FD
	OpExec            // execve: Path (looked up in PATH if without a slash), Args, Env
	OpClock           // time every step from here on, for --trace
	OpRuleset         // make a Landlock ruleset that handles Nums: files, ports, scopes
	OpRule            // give Flags below Path, or with Nums for the port Nums[0]
	OpRestrict        // put the ruleset in force
	OpHere            // take the root of the mount namespace that was joined as the root
	OpUnmount         // take the mount at Path away
	OpTime            // join the time namespace FD, or make one with the offsets Data and enter it
	OpMemory          // set_mempolicy(Flags, Nums)
	OpReconfigure     // change the filesystem at Path: options Data, attributes Set and Clear
	OpTied            // be sent the signal Flags when the thread that made the process ends
	OpGroup           // enter the v1 cgroup at Path, of which FD is the file "tasks"
	opEnd
)

// CopyUp in the Flags of an OpMount fills a tmpfs with what it covers.
const CopyUp = 1

// A Step is one instruction. Only the members that its Op names are used.
type Step struct {
	Op     Op
	Member string // JSON pointer of the spec; stays in the parent
	Path   string
	Source string
	Type   string
	Data   string
	Flags  uint64
	Set    uint64 // MOUNT_ATTR_* to set
	Clear  uint64 // MOUNT_ATTR_* to clear
	Prop   uint64 // MS_SHARED, MS_PRIVATE, MS_SLAVE, MS_UNBINDABLE (| MS_REC)
	Mode   uint32
	Dev    uint64
	UID    uint32
	GID    uint32
	FD     int // index into the descriptors of the plan, from 1; 0 is none
	Args   []string
	Env    []string
	Nums   []uint64
}

// A Plan is the list of steps of one birth, or of one entry into a container.
type Plan struct {
	Steps []Step
}

// Add appends a step.
func (p *Plan) Add(s Step) { p.Steps = append(p.Steps, s) }

// Trouble is what gt-init reports of a step that failed.
type Trouble struct {
	Step  int    // index into Steps
	Errno uint32 // errno(3)
	Why   uint8  // one of the Why constants
	Note  string // the path, or what the kernel's mount log said
}

// Reasons that an errno cannot carry.
const (
	WhyErrno    uint8 = iota // the errno says it
	WhyEscape                // a path left its root, or was not what it had to be
	WhyStamp                 // the plan is of another build
	WhyPlan                  // the plan cannot be decoded
	WhyHook                  // a hook ended with Errno as wait status
	WhyTimeout               // a hook took too long
	WhyNotFound              // no such program
	WhyIsDir                 // the program is a directory
	WhyELF                   // the ELF interpreter Note is missing
	WhyScript                // the script interpreter Note is missing
	WhyCRLF                  // the script's first line ends in CR LF
	WhyArch                  // the program is for machine Note
	WhyNoexec                // the mount is noexec
	WhyNotExec               // no execute permission
	WhyFormat                // neither an ELF file nor a script
	WhyRestrict              // the Landlock ruleset could not be put in force
)

var names = [opEnd]string{
	"none", "keyring", "unshare", "propagation", "root", "mount", "bind", "remount", "mkdir", "mknod",
	"symlink", "console", "hook", "sync", "pivot", "mask", "readonly", "sysctl", "hostname",
	"domainname", "loopback", "rlimit", "scheduler", "ioprio", "affinity", "personality", "umask",
	"setsid", "label", "bound", "user", "capabilities", "no-new-privs", "seccomp", "chdir",
	"ready", "exec", "clock", "landlock", "landlock-rule", "landlock-restrict",
	"here", "unmount",
	"time", "mempolicy", "reconfigure", "parent-death-signal", "cgroup",
}

// String is the word for the step in `gt-oci plan` and in traces.
func (o Op) String() string {
	if o < opEnd {
		return names[o]
	}
	return "unknown"
}
