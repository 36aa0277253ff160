package host

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/path"
)

// secret files and directories, as filepath.Match patterns. Beside them
// everything of /etc that others may not read is secret: whoever wrote it
// said so.
var secret = []string{
	"/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/security/opasswd",
	"/etc/ssh/ssh_host_*_key", "/etc/ssl/private", "/etc/pki/tls/private", "/etc/letsencrypt",
	"/etc/krb5.keytab", "/etc/ipsec.secrets", "/etc/ipsec.d/private", "/etc/wireguard", "/etc/openvpn",
	"/etc/wpa_supplicant", "/etc/NetworkManager/system-connections", "/etc/ppp/*-secrets",
	"/etc/cryptsetup-keys.d", "/etc/luks", "/etc/credstore", "/etc/credstore.encrypted",
	"/etc/kubernetes", "/etc/rancher", "/etc/docker", "/etc/containers/auth.json", "/etc/mysql/debian.cnf",
	"/etc/postfix/sasl_passwd*", "/etc/exim4/passwd.client", "/etc/msmtprc", "/etc/samba/smbpasswd",
	"/etc/sudoers", "/etc/sudoers.d", "/etc/rndc.key", "/etc/bind/*.key",
	"/var/backups", "/var/mail", "/var/spool/mail", "/var/spool/cron", "/var/crash", "/var/lib/systemd/coredump",
	"/var/lib/systemd/credential.secret", "/var/lib/systemd/random-seed",
	"/var/lib/docker", "/var/lib/containerd", "/var/lib/containers", "/var/lib/kubelet", "/var/lib/rancher",
	"/var/lib/gophertainer", "/var/lib/libvirt", "/var/lib/lxc", "/var/lib/lxd", "/var/lib/samba/private",
	"/var/lib/krb5kdc", "/var/lib/sss", "/var/lib/private",
}

// secrets lists what the patterns and the swap files say is to be masked.
func secrets() ([]string, error) {
	var list []string
	for _, pattern := range secret {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	list = append(list, swapFiles()...)
	// A mask follows symlinks, and so could hide what they point to.
	return slices.DeleteFunc(list, func(p string) bool {
		var st unix.Stat_t
		err := unix.Lstat(p, &st)
		kind := st.Mode & unix.S_IFMT
		return err != nil || kind != unix.S_IFDIR && kind != unix.S_IFREG
	}), nil
}

// closed is what others may not read of /etc. What its directories hold is kept in
// the file of that name, if there is one.
func closed(keep string) ([]string, error) {
	w := &walk{base: "/etc", settle: settling}
	if keep != "" {
		w.before = load(keep)
	}
	err := w.run()
	if err == nil && w.news && keep != "" {
		// Where it cannot be kept the next call looks again.
		_ = w.seen.save(keep)
	}
	return w.closed, err
}

// parents sorts a list and leaves out what is below another of it.
func parents(list []string) []string {
	slices.Sort(list)
	var top []string
	for _, p := range list {
		if len(top) == 0 || !within(p, top[len(top)-1]) {
			top = append(top, p)
		}
	}
	return top
}

// swapFiles hold the memory of everybody.
func swapFiles() []string {
	text, err := os.ReadFile("/proc/swaps")
	if err != nil {
		return nil // a kernel without swap
	}
	var list []string
	for _, line := range strings.Split(string(text), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[1] == "file" {
			list = append(list, path.Unmangle(f[0]))
		}
	}
	return list
}
