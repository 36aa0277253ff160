// Package names is how a container finds others by name: its hosts and
// resolv.conf, files of ours that are mounted over the container's own. Nothing
// is ever written through a path that the container controls.
package names

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

const local = `127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback
`

// Hosts is the text of a hosts file.
func Hosts(peers string, own []string) string {
	return local + peers + strings.Join(append(slices.Clone(own), ""), "\n")
}

// WriteHosts replaces the text of a file in place: where it is mounted, that
// is what containers see at once.
func WriteHosts(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte(text), 0); err != nil {
		return err
	}
	return f.Truncate(int64(len(text)))
}

// A Resolver is what resolv.conf says (resolv.conf(5)).
type Resolver struct {
	Servers []string
	Search  []string
	Options []string
}

// Check refuses what is not an address or would begin a line of its own.
func (r *Resolver) Check() error {
	for _, s := range r.Servers {
		if _, err := netip.ParseAddr(s); err != nil {
			return fail.Usage("--dns: have %q, need an address", s)
		}
	}
	for _, s := range slices.Concat(r.Search, r.Options) {
		if s == "" || strings.ContainsAny(s, " \t\r\n#;") || len(s) > 253 {
			return fail.Usage("--dns-search, --dns-option: have %q, need one word", s)
		}
	}
	return nil
}

// Or takes from another what r does not say; that may be nil.
func (r Resolver) Or(o *Resolver) Resolver {
	if o == nil {
		return r
	}
	if len(r.Servers) == 0 {
		r.Servers = o.Servers
	}
	if len(r.Search) == 0 {
		r.Search = o.Search
	}
	if len(r.Options) == 0 {
		r.Options = o.Options
	}
	return r
}

// Text is the file.
func (r *Resolver) Text() string {
	var b strings.Builder
	if len(r.Search) > 0 {
		fmt.Fprintln(&b, "search", strings.Join(r.Search, " "))
	}
	for _, s := range r.Servers {
		fmt.Fprintln(&b, "nameserver", s)
	}
	if len(r.Options) > 0 {
		fmt.Fprintln(&b, "options", strings.Join(r.Options, " "))
	}
	return b.String()
}

// Host reads what the host uses. A server on its loopback is none for a
// container: then systemd-resolved's own list is asked.
func Host() *Resolver {
	var r *Resolver
	for _, path := range []string{"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"} {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(f, 64<<10))
		_ = f.Close()
		if err != nil {
			continue
		}
		if r = parse(text); len(r.Servers) > 0 {
			return r
		}
	}
	return r
}

func parse(text []byte) *Resolver {
	r := &Resolver{}
	for line := range bytes.Lines(text) {
		words := strings.Fields(string(line))
		if len(words) < 2 {
			continue
		}
		switch words[0] {
		case "nameserver":
			if a, err := netip.ParseAddr(words[1]); err == nil && !a.IsLoopback() && a.Zone() == "" {
				r.Servers = append(r.Servers, words[1])
			}
		case "search", "domain":
			r.Search = words[1:]
		case "options":
			r.Options = words[1:]
		}
	}
	return r
}

// CheckName refuses what is no name of a host.
func CheckName(name string) error {
	if name == "" || len(name) > 253 {
		return fail.Usage("name %q has %d letters, need 1 to 253", name, len(name))
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' {
			return fail.Usage("name %q has %q, need letters, digits or one of _.-", name, c)
		}
	}
	return nil
}
