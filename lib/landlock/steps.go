package landlock

import (
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// Prepare makes the steps that look the paths up inside the container and
// gather the rules; what is wrong with one is known before the gate.
func (r *Rules) Prepare(pl *plan.Plan) {
	if r == nil {
		return
	}
	pl.Add(plan.Step{Op: plan.OpRuleset, Member: Member, Nums: []uint64{r.Files, r.Net, r.Scope}})
	for _, p := range r.Paths {
		if p.Rights != 0 { // the kernel refuses a rule that gives nothing
			pl.Add(plan.Step{Op: plan.OpRule, Member: Member + "/paths/" + json.Word(p.Name), Path: p.Name, Flags: p.Rights})
		}
	}
	for _, p := range r.Ports {
		pl.Add(plan.Step{Op: plan.OpRule, Member: Member + p.Member, Flags: p.Right, Nums: []uint64{uint64(p.Number)}})
	}
}

// Restrict makes the step that puts the rules in force. It stands after the
// hooks, which they are not for, and before the filter, which may forbid it.
func (r *Rules) Restrict(pl *plan.Plan) {
	if r != nil {
		pl.Add(plan.Step{Op: plan.OpRestrict, Member: Member})
	}
}
