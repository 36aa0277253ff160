package relay

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"

	"golang.org/x/sys/unix"
)

// slirp stays in the foreground; it writes to a descriptor when it is ready.
// It ends with the container where the kernel tells that by POLLHUP on a pidfd
// (Linux 6.9); else down or gc ends it.
func (r *Relay) slirp(cmd *exec.Cmd) (int, error) {
	ready, write, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer ready.Close()
	defer write.Close()
	pidfd, err := unix.PidfdOpen(r.Pid, 0)
	if err != nil {
		return 0, fmt.Errorf("open process %d: %w", r.Pid, err)
	}
	end := os.NewFile(uintptr(pidfd), "pidfd")
	defer end.Close()
	cmd.ExtraFiles = []*os.File{write, end}
	// It is known by its name; the socket's path has to be short, unix(7).
	cmd.Dir = filepath.Dir(r.Base)
	cmd.Args = append([]string{r.Base + ".slirp4netns", "--ready-fd", "3", "--exit-fd", "4"}, r.slirpArgs()...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	if err := write.Close(); err != nil {
		return 0, err
	}
	if n, err := ready.Read(make([]byte, 1)); n == 0 {
		return 0, r.why(errors.Join(cmd.Wait(), pipeEnd(err)))
	}
	for _, p := range r.Ports {
		if err := r.forward(p); err != nil {
			return 0, err
		}
	}
	pid := cmd.Process.Pid // Release forgets it
	return pid, cmd.Process.Release()
}

// pipeEnd is nil for the end of a pipe, which the program's status explains.
func pipeEnd(err error) error {
	if err != nil && err.Error() == "EOF" {
		return nil
	}
	return err
}

func (r *Relay) slirpArgs() []string {
	args := []string{
		"--configure", "--enable-ipv6", "--disable-host-loopback", "--enable-seccomp",
		"--api-socket", filepath.Base(r.Base) + ".sock", "--netns-type", "path",
	}
	if os.Geteuid() == 0 {
		// For others it fails: it wants to be group 0 before it enters a user namespace.
		args = append(args, "--enable-sandbox")
	}
	if r.ownUser() {
		args = append(args, "--userns-path", r.proc("user"))
	}
	mtu := r.MTU
	if mtu == 0 {
		mtu = 65520
	}
	args = append(args, "--mtu", strconv.Itoa(mtu))
	if r.MAC != "" {
		args = append(args, "--macaddress", r.MAC)
	}
	if r.Net != "" {
		args = append(args, "--cidr", r.Net)
	}
	return append(args, r.proc("net"), r.IfName)
}

// forward publishes a port over the program's socket: a JSON request and an
// answer a connection.
func (r *Relay) forward(p store.Port) error {
	host := "0.0.0.0"
	if p.Host.IsValid() {
		host = p.Host.String()
	}
	dir, err := os.Open(filepath.Dir(r.Base))
	if err != nil {
		return err
	}
	defer dir.Close()
	c, err := net.Dial("unix", fmt.Sprintf("/proc/self/fd/%d/%s.sock", dir.Fd(), filepath.Base(r.Base)))
	if err != nil {
		return err
	}
	defer c.Close()
	err = json.NewEncoder(c).Encode(map[string]any{"execute": "add_hostfwd", "arguments": map[string]any{
		"proto": p.Proto, "host_addr": host, "host_port": p.From, "guest_port": p.To,
	}})
	if err != nil {
		return err
	}
	if err := c.(*net.UnixConn).CloseWrite(); err != nil {
		return err
	}
	var answer struct {
		Error *struct{ Desc string } `json:"error"`
	}
	if err := json.NewDecoder(c).Decode(&answer); err != nil {
		return fmt.Errorf("publish %s: read answer of slirp4netns: %w", p, err)
	}
	if answer.Error != nil {
		return fail.New(fail.CodeBusy, "publish %s: slirp4netns: %s", p, answer.Error.Desc)
	}
	return nil
}
