package main

import (
	"github.com/checkpoint-restore/go-criu/v8/rpc"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/criu"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// judge is what became of a request.
func judge(c *tool.Call, log string, resp *rpc.CriuResp, err error) error {
	if err == nil && resp.GetSuccess() {
		return nil
	}
	if err != nil && err != criu.ErrSilent { //nolint:errorlint // never wrapped
		return err // it was ours, and CRIU has taken its work back
	}
	cause := criu.Explain(log)
	for _, line := range cause.Excerpt {
		c.Debugf("criu: %s", line)
	}
	if msg := resp.GetCrErrmsg(); len(cause.Excerpt) == 0 && msg != "" {
		cause.Say = "criu gave up: " + msg
	}
	e := cause.Error()
	if len(cause.Excerpt) == 0 {
		return e
	}
	return &fail.Error{Cause: e, Code: cause.Code}
}

// trackable refuses rounds where the kernel cannot tell which pages were
// written since: CRIU would give up with the processes stopped.
func trackable(path string) error {
	facts, err := criu.Probe(path)
	if err != nil {
		return err
	}
	if !facts.MemTrack {
		return fail.New(fail.CodeKernel, "the kernel does not track dirty memory, need CONFIG_MEM_SOFT_DIRTY for pre-copy")
	}
	return nil
}
