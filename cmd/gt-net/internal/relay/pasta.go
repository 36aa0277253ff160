package relay

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
)

// Server is where the container's resolver asks; the relay passes it on to the
// host's.
var Server = map[string]string{"pasta": "169.254.1.1", "slirp4netns": "10.0.2.3"}

// pasta goes to the background itself when the interface is up.
func (r *Relay) pasta(cmd *exec.Cmd) (int, error) {
	cmd.Args = append([]string{"pasta"}, r.pastaArgs()...)
	if err := cmd.Run(); err != nil {
		return 0, r.why(err)
	}
	text, err := os.ReadFile(r.Base + ".pid")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// pastaArgs open nothing that was not asked for: no ports of the host inside,
// and no way to its loopback.
func (r *Relay) pastaArgs() []string {
	args := []string{
		"--config-net", "--quiet", "--pid", r.Base + ".pid", "--ns-ifname", r.IfName, "--no-map-gw",
		"--tcp-ns", "none", "--udp-ns", "none", "--dns-forward", Server["pasta"], "--netns", r.proc("net"),
	}
	if r.ownUser() {
		args = append(args, "--userns", r.proc("user"))
	}
	if r.MTU > 0 {
		args = append(args, "--mtu", strconv.Itoa(r.MTU))
	}
	if r.MAC != "" {
		args = append(args, "--ns-mac-addr", r.MAC)
	}
	for _, a := range r.IP {
		args = append(args, "--address", a)
	}
	for _, a := range r.Gates {
		args = append(args, "--gateway", a)
	}
	for _, proto := range []string{"tcp", "udp"} {
		flag := "--" + proto + "-ports"
		specs := specs(r.Ports, proto)
		if specs == nil {
			specs = []string{"none"}
		}
		for _, s := range specs {
			args = append(args, flag, s)
		}
	}
	return args
}

// specs are the ports of a protocol as pasta reads them.
func specs(ports []store.Port, proto string) []string {
	var list []string
	for _, p := range ports {
		if p.Proto != proto {
			continue
		}
		host := ""
		if p.Host.IsValid() {
			host = p.Host.String() + "/"
		}
		list = append(list, fmt.Sprintf("%s%d:%d", host, p.From, p.To))
	}
	return list
}
