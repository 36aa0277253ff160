/*
gt-plugin loads, asks, keeps and unloads plugins: programs of third parties that
extend the runtime.

# Synopsis

	gt-plugin list   [OPTION…]
	gt-plugin load   [OPTION…] NAME…
	gt-plugin unload [OPTION…] NAME…
	gt-plugin info   [OPTION…] NAME
	gt-plugin verify [OPTION…] NAME
	gt-plugin call   [OPTION…] NAME|@TYPE METHOD [PARAMS]
	gt-plugin logs   [OPTION…] NAME
	gt-plugin serve  [OPTION…]
	gt-plugin adjust
	gt-plugin init   [OPTION…] DIR

# Description

A plugin is a program that answers JSON lines on stdin and stdout; docs/plugins.md
describes the protocol, lib/plugin is its Go side. It is of one type: storage,
network, monitoring, runtime or security. Its name is that of its file. A NAME.so
is what go build -buildmode=plugin makes; gt-plugin-host, a process of its own,
opens it.

load finds the file, checks that it can be trusted, keeps a copy of exactly the
bytes that were checked, asks it what it is and needs in a sandbox that grants
nothing, checks its configuration, tries it once, and makes it one of the loaded
plugins. From then on gt-oci asks it, if it is of type runtime or security,
before it makes a container. Loaded plugins belong to a state directory
(--root), as containers do, and stay loaded until unload or the next boot. A
container that is being made while plugins change sees the old set or the new.

unload takes it out, waits for the calls that are under way, ends it, and removes
everything that belonged to it.

list shows what there is to load, without executing anything, and what is
loaded. info tells about one plugin; one that is not loaded is asked in the
bare sandbox. verify tells whether a file would be trusted, and by what.

call asks a plugin, or with @TYPE each loaded plugin of a type, and prints a line
with the result. PARAMS is a JSON object, - reads it from stdin. For
network.setup and network.teardown the namespace in the member netns is handed
into the sandbox.

serve keeps the loaded plugins running until SIGTERM: it starts one again that
ends, after a pause that doubles from 0.1 to 30 seconds, delivers events, and
answers for the plugins on a socket, where gt-oci and call look first. Without
it a plugin is started for each call. A socket that is handed over by systemd is
used instead.

adjust is what gt-oci executes where no serve answers: a request on stdin, the
answer on stdout.

init writes the skeleton of a plugin into the new directory DIR.

# Trust

The file, and every directory above it, has to belong to root or the caller, and
nobody else may be able to write it; it is opened below its directory without
following any link. What is executed is a copy of the bytes that were checked
and whose SHA-256 is noted. The policies are

	off      only the kind of file is checked
	pinned   owner, mode and directories; --sha256 demands a hash
	signed   also a signature FILE.minisig of a key in the trust store

# Sandbox

A plugin runs in a container: an own user, no capabilities, the host's /usr
read-only, nothing of /home, /root, /run, /var or of /etc's secrets, no network,
a system call filter, Landlock, 256 MiB of memory, 64 processes, /data to keep files while
it is loaded. What it needs beyond that it says itself; the operator grants each
at load, or it is not loaded:

	--grant network           the host's network
	--grant cap=CAP_NET_ADMIN a capability; makes it run as root
	--grant path=/DIR         reading a path
	--grant path=/DIR:rw      writing there
	--grant path=/DIR:shared  and mounting there, visible on the host
	--grant limits            more memory or processes
	--grant all               whatever it asks for

A call has a deadline. A required plugin that does not answer, or badly, fails
the operation; an optional one is skipped with a warning. Plugins of type
security are required unless --optional is given, others only with --required.

# Options

Of load:

	--grant WHAT            grant a need, see above; may be repeated
	--set KEY=VALUE         a member of the configuration; may be repeated
	--sha256 HASH           refuse a file that has another hash
	--required              fail operations that cannot ask it
	--optional              skip it where it cannot be asked
	--timeout TIME          what a call may take (10s)
	--user UID              run as this user instead of one of its own
	--all                   load whatever is found and not disabled

Of list, load, info and verify:

	--dir DIR               where plugins are looked for; may be repeated
	--security POLICY       off, pinned or signed
	--keys DIR              trust store (/etc/gophertainer/plugin-keys)
	--config DIR            instead of /etc/gophertainer/plugin-config

Of unload:

	-t, --timeout TIME      wait that long for calls under way (30s)

Of logs:

	--follow                wait for more
	-n, --tail N            the last N lines only

Of init:

	--type TYPE             storage, network, monitoring, runtime or security
	--lang LANG             go, so, sh or python

-f, --format text|json is the form of list, info and verify. --root DIR is the
state directory, --log FILE appends errors to FILE as --log-format text|json
says, --debug says more.

# Files

	/usr/local/lib/gophertainer/plugins, /etc/gophertainer/plugins   plugins
	/etc/gophertainer/plugin-config/NAME.json            their configuration
	~/.config/gophertainer/plugin-config/NAME.json       the user's, wins
	/etc/gophertainer/plugin-keys/*.pub                  trusted keys

In a configuration file "name" has to fit, and "enabled": false keeps the plugin
from being loaded; the other members are the plugin's and are checked against
its schema.

# Environment

	GOPHERTAINER_PLUGINS_ENABLED    false: load and serve refuse; what is loaded
	                                stays in force
	GOPHERTAINER_PLUGIN_DIRS        directories of plugins, with colons between
	GOPHERTAINER_PLUGIN_SECURITY    true (pinned), false (off) or a policy
	GOPHERTAINER_PLUGIN_NAME_KEY    the member key of the configuration of name

Files come first, then the environment, then flags; the last one wins.

# Examples

	gt-plugin list
	gt-plugin load --grant path=/srv/images:rw my-plugin
	gt-plugin call my-plugin storage.snapshot '{"source":"/srv/a","snapshot":"a1"}'
	gt-plugin call @monitoring monitoring.collect
	gt-plugin unload my-plugin

# Exit status

0 done, 1 failed or refused, 2 wrong usage or bad input.
*/
package main

import (
	"github.com/gophertainer/gophertainer/lib/tool"
)

func main() { tool.Main(program) }

var program = &tool.Program{
	Name:    "gt-plugin",
	Summary: "load, ask, keep and unload plugins",
	Verbs: []tool.Verb{
		{Name: "list", Summary: "show what there is to load, and what is loaded", Make: list},
		{Name: "load", Args: "[NAME...]", Summary: "check a plugin and make it one of the loaded", Make: load},
		{Name: "unload", Args: "NAME...", Summary: "take a plugin out, and all that belongs to it", Make: unload},
		{Name: "info", Args: "NAME", Summary: "tell about a plugin", Make: info},
		{Name: "verify", Args: "NAME", Summary: "tell whether a plugin's file is trusted", Make: verify},
		{Name: "call", Args: "NAME METHOD [PARAMS]", Summary: "ask a plugin", Make: call},
		{Name: "logs", Args: "NAME", Summary: "show what a plugin wrote to stderr", Make: logs},
		{Name: "serve", Summary: "keep the loaded plugins running", Make: serve},
		{Name: "adjust", Summary: "answer gt-oci's request on stdin", Make: adjust},
		{Name: "init", Args: "DIR", Summary: "write the skeleton of a plugin", Make: initialize},
	},
}
