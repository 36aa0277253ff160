package attach

import (
	"fmt"
	"testing"
)

const routeText = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	090200C0	0003	0	0	0	00000000	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
eth1	0000000A	00000000	0001	0	0	0	000000FF	0	0	0
broken
`

const trieText = `Main:
  +-- 0.0.0.0/0 3 0 5
     +-- 192.0.2.0/24 2 0 1
        |-- 192.0.2.0
           /24 link UNICAST
        |-- 192.0.2.1
           /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
`

// The addresses of a container are read from outside of it.
func TestInside(t *testing.T) {
	nets := onLink(routeText, "eth0")
	if got := fmt.Sprint(nets); got != "[192.0.2.0/24]" {
		t.Fatalf("networks %s", got)
	}
	if a, ok := localIn(trieText, nets[0]); !ok || a.String() != "192.0.2.1" {
		t.Errorf("address %v", a)
	}
	if a, ok := localIn(trieText, onLink(routeText, "eth1")[0]); ok {
		t.Errorf("address %v of another network", a)
	}
}
