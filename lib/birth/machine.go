package birth

import (
	"slices"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/cred"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// modes of set_mempolicy(2) by their number.
var modes = [...]specs.MemoryPolicyModeType{
	specs.MpolDefault, specs.MpolPreferred, specs.MpolBind, specs.MpolInterleave, specs.MpolLocal,
	specs.MpolPreferredMany, specs.MpolWeightedInterleave,
}

// modeFlags of set_mempolicy(2), from bit 13 on.
var modeFlags = [...]specs.MemoryPolicyFlagType{specs.MpolFNumaBalancing, specs.MpolFRelativeNodes, specs.MpolFStaticNodes}

const firstModeFlag = 13

// machine: what each process of a container says of itself to the processor and
// of its memory. The policy is set in the container's group, whose nodes the
// kernel compares it with.
func machine(l *specs.Linux, pl *plan.Plan) error {
	if p := l.Personality; p != nil {
		step := plan.Step{Op: plan.OpPersonality, Member: "/linux/personality", Path: string(p.Domain)}
		if p.Domain == specs.PerLinux32 {
			step.Flags = 8 // PER_LINUX32
		}
		pl.Add(step)
	}
	m := l.MemoryPolicy
	if m == nil {
		return nil
	}
	mask, ok := cred.Bits(m.Nodes)
	if !ok {
		return fail.Spec("/linux/memoryPolicy/nodes", "have %q, need a list like 0-1", m.Nodes)
	}
	mode := uint64(max(0, slices.Index(modes[:], m.Mode)))
	for _, f := range m.Flags {
		mode |= 1 << (firstModeFlag + max(0, slices.Index(modeFlags[:], f)))
	}
	pl.Add(plan.Step{Op: plan.OpMemory, Member: "/linux/memoryPolicy", Path: string(m.Mode), Flags: mode, Nums: mask})
	return nil
}

// joinTime enters a time namespace that is there.
func joinTime(pl *plan.Plan, index int) {
	if index > 0 {
		pl.Add(plan.Step{Op: plan.OpTime, Member: "/linux/namespaces", FD: index})
	}
}

// timeOffsets is the text for /proc/PID/timens_offsets (time_namespaces(7)).
func timeOffsets(m map[string]specs.LinuxTimeOffset) string {
	var b []byte
	for _, clock := range sortedKeys(m) {
		b = append(append(b, clock...), ' ')
		b = append(strconv.AppendInt(b, m[clock].Secs, 10), ' ')
		b = append(strconv.AppendUint(b, uint64(m[clock].Nanosecs), 10), '\n')
	}
	return string(b)
}
