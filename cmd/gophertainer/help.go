package main

import "syscall"

const text = `usage: gophertainer [GLOBAL OPTIONS] VERB [OPTIONS] ARGUMENTS
       gophertainer OPTIONS [--] [COMMAND ARGUMENTS…]

A command from a root filesystem to a running container (gt-run):
  gophertainer --name NAME --rootfs PATH --cmd "COMMAND" [-i] [-t]
  gophertainer --rootfs tiny -- COMMAND…
  gophertainer --name x --help      all options

The life of a container (gt-oci):
  spec       write a config.json to start from
  create     make a container from a bundle
  start      start the program of a created container
  run        create, start, wait and delete
  exec       run another program in a container
  state      print a container's state
  kill       send a signal
  delete     remove a container
  list       list containers
  ps         list the processes of a container
  pause      suspend the processes of a container
  resume     let them go on
  wait       wait for the end of a container
  update     change limits
  events     print what happens, and statistics
  features   print what this runtime can do
  plan       print the steps of a birth
  gc         remove what dead containers left

Checkpoints (gt-ckpt):
  checkpoint, restore, checkpoint-list, checkpoint-delete

Plugins (gt-plugin):
  plugin list, load, info, unload

Global options: --root DIR, --log FILE, --log-format text|json, --log-level LEVEL, --debug,
--systemd-cgroup, --rootless[=WHEN], --version
"gophertainer help VERB" tells more about one.
`

// show prints the help and ends: on stdout if it was asked for (code 0).
func show(code int) {
	fd := 1
	if code != 0 {
		fd = 2
	}
	if !write(fd, text) && code == 0 {
		code = exitFailed
	}
	syscall.Exit(code)
}
