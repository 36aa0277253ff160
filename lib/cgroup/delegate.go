package cgroup

import (
	"os"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/lib/idmap"
)

// user is the caller's user ID as the host has it, and whether the host's root
// is out of its reach.
func user() (uid int, rootless bool) {
	uid = os.Geteuid()
	maps, err := idmap.Self()
	if err != nil {
		return uid, uid != 0
	}
	rootless, err = idmap.Rootless()
	if id, ok := maps.UID.ToHost(uint32(uid)); ok {
		uid = int(id)
	}
	return uid, err == nil && rootless
}

// Undelegated explains to a user what keeps a container from its own group, or
// the group from a controller, and names the command that mends it; "" for who
// needs no delegation, or has it.
func Undelegated(controller string) string {
	mode, err := probe()
	uid, rootless := user()
	if err != nil || !rootless {
		return ""
	}
	own, err := ownGroups()
	if err != nil {
		return ""
	}
	if mode != V2 {
		return lent(top+"/"+controller, strconv.Itoa(uid), "")
	}
	if _, err := os.Stat("/run/systemd/system"); err != nil {
		return lent(top, strconv.Itoa(uid), controller)
	}
	return undelegatedUnit(strconv.Itoa(uid), own[""], controller)
}

// lent makes a group of the user's own and puts whoever calls us into a group
// below it. Our groups are made below the caller's, on v2 beside it.
func lent(root, uid, controller string) string {
	dir := root + "/user-" + uid
	leaf, enable := "", ""
	if root == top {
		leaf = "/caller"
		if controller != "" {
			enable = "echo +" + controller + " >" + root + "/cgroup.subtree_control && "
		}
	}
	return "no group in " + root + " is delegated to user " + uid + ": sudo sh -c '" + enable + "mkdir -p " + dir + leaf +
		" && chown -R " + uid + " " + dir + " && echo " + strconv.Itoa(os.Getppid()) + " >" + dir + leaf + "/cgroup.procs'"
}

// undelegatedUnit: systemd delegates to the service that is a user's manager,
// and that hands on to units with Delegate=yes (systemd.resource-control(5)).
func undelegatedUnit(uid, own, controller string) string {
	service := "user@" + uid + ".service"
	if _, err := os.Stat("/run/user/" + uid + "/systemd"); err != nil {
		return "user " + uid + " has no systemd to be delegated to: sudo loginctl enable-linger " + uid
	}
	at := strings.Index(own, "/"+service+"/")
	if at < 0 {
		return "cgroup " + own + " is not delegated to user " + uid + ": systemd-run --user --scope -p Delegate=yes COMMAND"
	}
	have, err := read(top+own[:at]+"/"+service, "cgroup.controllers")
	if err != nil || controller == "" || containsWord(have, controller) {
		return ""
	}
	const conf = "/etc/systemd/system/user@.service.d"
	return "controller " + controller + " is not delegated to " + service + ": sudo sh -c 'mkdir -p " + conf +
		" && printf \"[Service]\\nDelegate=yes\\n\" >" + conf + "/delegate.conf && systemctl daemon-reload'"
}
