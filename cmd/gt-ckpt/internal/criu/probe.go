package criu

import (
	"os/exec"
	"strings"

	"github.com/checkpoint-restore/go-criu/v8/rpc"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Facts are what a CRIU says about itself and this kernel.
type Facts struct {
	Version  int  `json:"version"` // 40201 is 4.2.1
	MemTrack bool `json:"memTrack"`
	Lazy     bool `json:"lazyPages"`
}

// Probe asks for the version, and for the features that go-criu's own call
// returns as they were asked and not as they were answered.
func Probe(path string) (*Facts, error) {
	v, err := once(path, &rpc.CriuReq{Type: rpc.CriuReqType_VERSION.Enum()})
	if err != nil {
		return nil, err
	}
	version := v.GetVersion()
	f := &Facts{Version: int(version.GetMajorNumber())*10000 + int(version.GetMinorNumber())*100 + int(version.GetSublevel())}
	yes := true
	features, err := once(path, &rpc.CriuReq{
		Type:     rpc.CriuReqType_FEATURE_CHECK.Enum(),
		Features: &rpc.CriuFeatures{MemTrack: &yes, LazyPages: &yes},
	})
	if err != nil {
		return nil, err
	}
	f.MemTrack = features.GetSuccess() && features.GetFeatures().GetMemTrack()
	f.Lazy = features.GetSuccess() && features.GetFeatures().GetLazyPages()
	return f, nil
}

func once(path string, req *rpc.CriuReq) (*rpc.CriuResp, error) {
	w, err := Start(path, nil, nil)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	resp, err := w.Ask(req, nil)
	if err != nil {
		return nil, &fail.Error{Code: fail.CodeHost, Op: "ask " + path, Cause: err}
	}
	return resp, nil
}

// Version asks a worker that has more to do for its version.
func (w *Worker) Version() (int, error) {
	yes := true
	resp, err := w.Ask(&rpc.CriuReq{Type: rpc.CriuReqType_VERSION.Enum(), KeepOpen: &yes}, nil)
	if err != nil {
		return 0, err
	}
	v := resp.GetVersion()
	return int(v.GetMajorNumber())*10000 + int(v.GetMinorNumber())*100 + int(v.GetSublevel()), nil
}

// Check lets CRIU look at the kernel, and returns what it complains about.
func Check(path string) (string, bool) {
	out, err := exec.Command(path, "check").CombinedOutput()
	if err == nil {
		return "", true
	}
	say := "criu check refuses"
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "Error (") && !noise.MatchString(line) {
			return say + ": " + strings.TrimSpace(bare(strings.TrimSpace(line))), false
		}
	}
	return say + ": " + err.Error(), false
}
