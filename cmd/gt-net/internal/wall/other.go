package wall

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

// tables of the families that see what is forwarded.
var families = map[nftables.TableFamily]string{
	nftables.TableFamilyINet: "inet", nftables.TableFamilyIPv4: "ip", nftables.TableFamilyIPv6: "ip6",
}

// Dropping names a chain of somebody else that drops what is forwarded unless a
// rule of its table lets it on, where no rule of that table knows the link; ""
// if there is none. A drop is final in nftables: an accept of ours does not
// outweigh it. Legacy iptables cannot be asked.
func (w *Wall) Dropping(link string) (string, error) {
	chains, err := w.conn.ListChains()
	if err != nil {
		return "", explain(err)
	}
	for _, c := range chains {
		family := families[c.Table.Family]
		if c.Hooknum == nil || *c.Hooknum != *nftables.ChainHookForward || family == "" || strings.HasPrefix(c.Table.Name, "gt-net") {
			continue
		}
		drops, err := w.drops(c)
		if err != nil {
			return "", err
		}
		if !drops {
			continue
		}
		knows, err := w.knows(chains, c.Table, link)
		if err != nil {
			return "", err
		}
		if !knows {
			return fmt.Sprintf("chain %s of table %s %s", c.Name, family, c.Table.Name), nil
		}
	}
	return "", nil
}

// drops tells whether the chain's policy or its last rule drops what no rule
// before has let on.
func (w *Wall) drops(c *nftables.Chain) (bool, error) {
	if c.Policy != nil && *c.Policy == nftables.ChainPolicyDrop {
		return true, nil
	}
	rules, err := w.conn.GetRules(c.Table, c)
	if err != nil || len(rules) == 0 {
		return false, explain(err)
	}
	for _, e := range rules[len(rules)-1].Exprs {
		switch x := e.(type) {
		case *expr.Counter, *expr.Log:
		case *expr.Reject:
			return true, nil
		case *expr.Verdict:
			return x.Kind == expr.VerdictDrop, nil
		default:
			return false, nil // a condition
		}
	}
	return false, nil
}

// knows tells whether a rule of the table compares with the link's name.
func (w *Wall) knows(chains []*nftables.Chain, t *nftables.Table, link string) (bool, error) {
	for _, c := range chains {
		if c.Table.Name != t.Name || c.Table.Family != t.Family {
			continue
		}
		rules, err := w.conn.GetRules(t, c)
		if err != nil {
			return false, explain(err)
		}
		for _, r := range rules {
			for _, e := range r.Exprs {
				if cmp, ok := e.(*expr.Cmp); ok && string(bytes.TrimRight(cmp.Data, "\x00")) == link {
					return true, nil
				}
			}
		}
	}
	return false, nil
}
