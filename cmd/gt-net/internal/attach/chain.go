package attach

import (
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/chain"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// UpCNI attaches a container by the plugins of a CNI network.
func (h *Host) UpCNI(q *Request, cni *store.CNI) (*store.Record, error) {
	cni.Caps = capabilities(q)
	q.Mode, q.Network = "cni", ""
	r, ns, lock, err := h.begin(q)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	defer ns.Close()
	// The register of ports is for ports that gt-net publishes itself.
	r.CNI, r.Ports, r.RateIn, r.RateOut, r.IFB = cni, nil, 0, 0, ""
	err = h.Dir.Put(r)
	if err == nil {
		err = ns.Loopback()
	}
	if err == nil {
		err = h.chain(r).Add()
	}
	if err != nil {
		if e := h.undo(r); e != nil {
			h.Warn("undo: %v", e)
		}
		return nil, err
	}
	r.Done = true
	return r, h.Dir.Put(r)
}

func (h *Host) chain(r *store.Record) *chain.Run { return &chain.Run{Cache: h.Dir.Path("cni"), R: r} }

// capabilities are the arguments that plugins may ask for by name.
func capabilities(q *Request) map[string]any {
	caps := map[string]any{}
	var ports []map[string]any
	for _, p := range q.Ports {
		m := map[string]any{"hostPort": p.From, "containerPort": p.To, "protocol": p.Proto}
		if p.Host.IsValid() {
			m["hostIP"] = p.Host.String()
		}
		ports = append(ports, m)
	}
	if ports != nil {
		caps["portMappings"] = ports
	}
	if q.RateIn > 0 || q.RateOut > 0 {
		caps["bandwidth"] = map[string]any{
			"ingressRate": q.RateIn, "ingressBurst": min(q.RateIn, 1<<31), "egressRate": q.RateOut, "egressBurst": min(q.RateOut, 1<<31),
		}
	}
	var ips []string
	for _, a := range []interface {
		IsValid() bool
		String() string
	}{q.IP4, q.IP6} {
		if a.IsValid() {
			ips = append(ips, a.String())
		}
	}
	if ips != nil {
		caps["ips"] = ips
	}
	if q.MAC != "" {
		caps["mac"] = q.MAC
	}
	return caps
}

func (h *Host) chainDown(r *store.Record) error {
	if r.CNI == nil {
		return nil
	}
	return h.chain(r).Del()
}

func (h *Host) chainCheck(r *store.Record) error {
	if r.CNI == nil {
		return fail.New(fail.CodeInternal, "%s has no CNI network", r.Key())
	}
	return h.chain(r).Check()
}

// chainCollect tells the plugins of every network what is left on it.
func (h *Host) chainCollect(before []*store.Record) error {
	keys, err := h.Dir.Keys("")
	if err != nil {
		return err
	}
	left := map[string][]*store.Record{}
	for _, key := range keys {
		if r, err := h.Dir.Get(key); err == nil && r.CNI != nil {
			left[r.CNI.Name] = append(left[r.CNI.Name], r)
		}
	}
	told := map[string]bool{}
	for _, r := range before {
		if told[r.CNI.Name] {
			continue
		}
		told[r.CNI.Name] = true
		if err := h.chain(r).Collect(left[r.CNI.Name]); err != nil {
			return err
		}
	}
	return nil
}
