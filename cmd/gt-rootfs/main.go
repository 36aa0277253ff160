/*
gt-rootfs makes the root filesystem of a bundle from what people have.

# Synopsis

	gt-rootfs unpack   [OPTION…] SOURCE BUNDLE
	gt-rootfs mount    [BUNDLE]
	gt-rootfs umount   [BUNDLE]
	gt-rootfs pack     [OPTION…] DIR|BUNDLE [FILE]
	gt-rootfs diff     BUNDLE
	gt-rootfs commit   [OPTION…] BUNDLE [TARGET]
	gt-rootfs apply    [OPTION…] BUNDLE|DIR [FILE]
	gt-rootfs keep     BUNDLE
	gt-rootfs snapshot BUNDLE NEW
	gt-rootfs list
	gt-rootfs inspect  BUNDLE|SOURCE
	gt-rootfs verify   BUNDLE|LAYOUT
	gt-rootfs volume   create|list|rm|inspect [NAME…]
	gt-rootfs loop     list|detach [DEVICE|FILE…]
	gt-rootfs rm       BUNDLE…
	gt-rootfs gc       [DIR…]

# Description

unpack makes the directory BUNDLE with BUNDLE/rootfs and, unless there is one,
BUNDLE/config.json (what `gt-oci spec` writes, without a terminal and with the
bundle's name as hostname). BUNDLE must not exist, or be a directory without
rootfs. It prints the OCI state of the bundle, status creating, which gt-oci
create takes from stdin. SOURCE is

	DIR      a directory, copied; with --bind it is used where it is
	FILE     a tar archive, plain or compressed with gzip, zstd, xz, bzip2 or
	         lz4, told by its content; - is stdin
	IMAGE    an OCI image layout, as a directory or an archive, or what docker
	         save writes
	DISK     a raw image or block device with ext4, xfs, btrfs, squashfs or
	         erofs, by itself or in a partition of an MBR or GPT
	tiny     the built-in root filesystem of gt-box
	host     this machine's own, see below
	NAME/X   with --type plugin: what the loaded storage plugin NAME mounts
	         for X; the bundle has to lie where the plugin may write

A directory called tiny or host is ./tiny or ./host.

Everything is preserved: owner, mode with setuid, times, hard links, symlinks,
devices, fifos, holes, extended attributes with ACLs and capabilities. What
cannot be is an error that names the entry. Ids are taken as numbers; an SELinux
label that GNU tar recorded is not, since the container has its own. Refused is
what no honest archive holds: "..", a root that is no directory, attributes of
overlayfs, owner 4294967295. No program out of a root is ever started; of the
host's own only mkfs.ext4, mkfs.erofs and fuse-overlayfs are, for the drivers of
these names. Two limits end an archive that never ends, see the options.

A bundle appears as a whole or not at all. An unpack that is killed leaves a
directory .gt-unpack-* beside or in BUNDLE; gc removes those in each DIR and in
the bundles directly below it, and prints their names. BUNDLE has the mode 0700,
since what an image brought as setuid must not be of use to the host's other
users (CVE-2021-41103); a container with a user namespace of its own may need
0711.

# Images

Every blob is compared with its digest, every layer with the digest of its plain
content. Of an index the image for this machine is taken, and of several images
the one that --image names. Arguments, environment, directory and user of the
image become the process of config.json; users are looked up in the image. The
stop signal becomes the annotation org.opencontainers.image.stopSignal. Nothing
else of an image's config is read: labels never select what happens.

# Drivers

How the root is kept is the driver's affair. auto tries what follows the source
below, by doing it once in the bundle's directory, and rootfs.json says why one
was taken.

	copy            everything in BUNDLE/rootfs: all but images and disks
	overlay         a writable layer in the bundle over read-only layers, which
	                bundles share: images and disks
	tmpfs           the same with the writable layer in memory; umount drops it
	fuse-overlayfs  the same by the program of that name
	erofs           the same over one read-only image of all layers
	loop            an ext4 in the file BUNDLE/root.img
	btrfs           a snapshot of a subvolume
	reflink         a copy that shares its blocks

The shared part lies in the store (--store), named by digests: a layer is there
as a whole or not at all, and never changes. gc removes what no bundle is made
of, and waits for those who work in the store.

What the drivers but copy, btrfs and reflink make has to be mounted: unpack does
it, and after a boot mount does. A disk is mounted read-only, without devices and
setuid, below an overlay, and its file stays as it is; --writable lets the
container write to it, which only a disk of your own should be trusted with.

# Host

With host, BUNDLE/rootfs is an overlay over /: every command of the machine can
run, and what is written goes to memory and away with umount. Only the root's
own file system is below the overlay. The container gets the others (/usr, /var,
/boot …) read-only. Empty are /home, /root, /run, /tmp and /var/tmp; masked are
keys, password files and whatever else in /etc is closed to other users, swap
files, and the state of container engines in /var.

The current directory is there with its content, through an overlay of its own
if it lies in an empty directory or on another file system than the root's, and
is the container's working directory. Where it is an empty directory itself, or
a person's home, which hold more than work, it stays empty and a warning says
so; in /proc, /sys and /dev the container begins in /.

diff shows what was written to these overlays, and keep does the same on the
host: deletions, files with owner, mode, attributes and times, each put in its
place as a whole. In a user namespace, as gt-run makes one for who is not root,
each directory of / has an overlay of its own, and new names in / itself are
neither shown nor kept.

# Mounting

BUNDLE/rootfs.json says what is mounted; it is written before. umount undoes it,
as often as it is called; mount does it again, as after a boot. Both take a
BUNDLE, or OCI states from stdin, and so are hooks as they are: mount as
createRuntime, umount as poststop. A project quota stays while something still
writes to what was unmounted, which umount says; mount and rm refuse meanwhile,
and gc, or umount again, lifts the quota afterwards.

# Packing

pack writes a directory or the root of a bundle as a pax archive, to FILE or
stdout; commit writes what the container changed as a layer, the deletions first.
FILE appears as a whole, and a device or a fifo is written to as stdout is; who is
killed leaves a .gt-pack-* beside it, which gc removes too.
Both say everything unpack can take, holes included, and the same tree gives the
same bytes. With --image TARGET is an OCI layout, which is made if need be: the
image gets the layers the bundle was made of (those of the layout itself if it
has them) and the new one, and the process of config.json. Sockets, which no
archive can hold, are left out with a warning; a name that begins with .wh. is
refused in a layer, where it would be a deletion.

commit --deleted names the deletions in a file of their own, a JSON list, as the
checkpoints of Podman and CRI-O do. apply puts either into a root that stands, of
a bundle or a directory: files replace what is there, deletions delete. A root
whose container has written to it is refused; its mount points do not count. What
apply puts in place before it meets an entry that it refuses stays there.

pack --path writes what is at one place of the root, under its own name, or what is
in a directory if PATH ends with /. and apply --into puts an archive of files, not a
layer, into a directory of the root: every name is a name, symlinks that are there
lead to places in the root, and where a directory is none but a directory comes. DIR
of pack and apply may be /dev/fd/N, an open directory; like that of pack --plain it is
never taken for a bundle, whatever lies in it.

diff lists the same as D, A or C and a path, deletions first; --format json
prints an object a line. It needs a driver that keeps the original apart.

snapshot makes a bundle with the root of another one as it is now. With an
overlay what was written until then becomes a layer that both could share; with
btrfs it is a snapshot, else a copy that shares blocks where it can.

# Volumes

--volume SOURCE:/DEST[:OPTION,…] writes a mount into config.json. SOURCE is an
absolute path, which is bound there; the name of a volume, which is made if there
is none; or tmpfs. Options are those of a mount, such as ro, rslave, noexec or
size=64m for tmpfs, and two more: overlay keeps what the container writes in the
bundle, and idmap moves the owners as --map says.

volume create, list, rm and inspect manage the named ones, which lie in the
store and go with rm only; rm refuses one that a bundle uses.

# Checking

inspect prints what a bundle is made of, or what a source holds: an image's
config and layers, a disk's partitions. list prints the bundles that something is
mounted or shared for. verify reads all layers of a layout, or compares what a
bundle takes from the store with the sums that unpack --seal took. An erofs is
held by fs-verity where the file system has it.

loop list prints the loop devices in use, loop detach takes the file off one.
Those of gt-rootfs go by themselves, with the last mount or the last process that
uses them.

# Without root

Who is not root becomes it in a user namespace of their own, over the ids that
/etc/subuid and /etc/subgid give: owners are then as exact as root's, on the
host's side moved as config.json says. An owner that has no id there is an error,
and so is a device unless --no-devices leaves it out. Nothing is mounted; the
driver is copy. rm removes such a bundle, whose files belong to many ids.

Who is root of a user namespace and of a mount namespace in it already, as after
unshare --user --map-auto --mount, mounts an overlay, tmpfs or fuse-overlayfs
there. Layers carry other marks then, so the store has to be another one.

# Options

Of unpack:

	--id ID             the ID in the state, the name of the bundle if not given
	--mode MODE         permissions of a new BUNDLE, octal (0700)
	--bind              use the directory SOURCE in place, without a copy
	--no-devices        leave device nodes out
	--max-size SIZE     bytes of file content at most, as 500m or 2g; 0 is
	                    without bound (64g)
	--max-entries N     files at most; 0 is without bound (10000000)
	--type TYPE         what SOURCE is: auto, dir, archive, image or disk
	--driver DRIVER     how the root is kept, see above (auto)
	--image NAME        of several images the one with this tag, name or digest
	--platform OS/ARCH  of several platforms this one, if not the host's
	--partition WHICH   of a disk: a number, label, or type as 0x83 or a GUID
	--verity ROOTHASH:FILE
	                    of a disk: dm-verity compares each block that is read with
	                    the tree in FILE, as veritysetup format writes it
	--writable          the container writes to the disk itself
	--size SIZE         bytes the container may write: by a project quota where
	                    the file system has it, else by a file system that large
	--seal              take sums of what goes into the store, for verify
	--volume, -v SOURCE:/DEST[:OPTION,…]
	                    a volume for the container, see above; may be repeated
	--map C:H:N         the container's ids from C on are N of the host's from H
	                    on, by an id-mapped mount; may be repeated
	--store DIR         where layers are kept ($GOPHERTAINER_STORE,
	                    /var/lib/gophertainer, or gophertainer in
	                    $XDG_DATA_HOME); gc has it too
	--progress FORM     how far it is, on stderr, of what takes over a second: auto
	                    (a bar on a terminal, else a line every ten seconds),
	                    plain, json or none
	--cwd DIR           with host: the current directory, if not the caller's

Of pack and commit:

	--compress WORD     none (pack, commit to a file), gzip (--image) or zstd
	--image NAME        of commit: TARGET is a layout, the image gets this name

Of pack:

	--path PATH         only what is there in the root, see above
	--follow-link       if it is a symlink, what that points to
	--plain             DIR is a root and no bundle

Of commit and apply:

	--deleted FILE      the deletions, a JSON list of paths

Of apply:

	--over              also into a root that was written to
	--into DIR          into this directory of the root, see above
	--mine              everything belongs to the caller
	--max-size SIZE, --max-entries N, --no-devices   as of unpack

snapshot has --id and --store, inspect and verify have --image and --platform,
list, volume and gc have --store, and diff, list, volume and loop have --format
text|json. volume create has --label KEY=VALUE.

# Examples

	gt-rootfs unpack alpine.tar.gz web | gt-oci create --stdio=log:web.log | gt-oci start
	skopeo copy docker://alpine oci:alpine && gt-rootfs unpack alpine web
	docker save nginx | gt-rootfs unpack --size 1g - web
	gt-rootfs unpack --partition root --driver tmpfs disk.img test
	gt-rootfs commit --compress zstd web web.layer.zst
	gt-rootfs commit --image web:2 web oci && skopeo copy oci:oci:web:2 docker://…
	gt-rootfs unpack host job && gt-oci run --bundle job job; gt-rootfs umount job
	"poststop": [{"path": "/usr/local/bin/gt-rootfs", "args": ["gt-rootfs", "umount"]}]

--root DIR is the state directory, --log FILE appends errors to FILE as
--log-format text|json says, --debug says more.

# Exit status

0 done, 1 failed or refused, 2 wrong usage or bad input. After a failure BUNDLE
is as it was before.
*/
package main

import (
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/own"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func main() {
	own.Await()
	tool.Main(program)
}

var program = &tool.Program{
	Name:    "gt-rootfs",
	Summary: "make the root filesystem of a bundle",
	Verbs: []tool.Verb{
		{Name: "unpack", Args: "SOURCE BUNDLE", Summary: "make a bundle from a directory, an archive, tiny or host", Make: owned(unpack)},
		{Name: "mount", Args: "[BUNDLE]", Summary: "mount the root of a bundle again", Make: mount},
		{Name: "umount", Args: "[BUNDLE]", Summary: "undo the mounts of a bundle", Make: umount},
		{Name: "pack", Args: "DIR|BUNDLE [FILE]", Summary: "write a root filesystem as an archive", Make: owned(packVerb)},
		{Name: "diff", Args: "BUNDLE", Summary: "list what the container changed", Make: owned(diff)},
		{Name: "commit", Args: "BUNDLE [TARGET]", Summary: "write what the container changed as a layer or an image", Make: owned(commit)},
		{Name: "apply", Args: "BUNDLE|DIR [FILE]", Summary: "put what commit wrote into a root that stands", Make: owned(apply)},
		{Name: "keep", Args: "BUNDLE", Summary: "with host: do on the host what the container did", Make: owned(keep)},
		{Name: "snapshot", Args: "BUNDLE NEW", Summary: "make a bundle with the root of another as it is now", Make: owned(snapshot)},
		{Name: "list", Summary: "list the bundles that something is mounted or shared for", Make: owned(list)},
		{Name: "inspect", Args: "BUNDLE|SOURCE", Summary: "tell what a bundle is made of, or what a source holds", Make: owned(inspect)},
		{Name: "verify", Args: "BUNDLE|LAYOUT", Summary: "compare content with its digests", Make: owned(verify)},
		{Name: "volume", Args: "create|list|rm|inspect [ARG...]", Summary: "keep directories beyond the life of a bundle", Make: owned(volumeVerb)},
		{Name: "loop", Args: "list|detach [ARG...]", Summary: "list loop devices, or take their files off", Make: loopVerb},
		{Name: "rm", Args: "BUNDLE...", Summary: "unmount and remove bundles", Make: owned(rm)},
		{Name: "gc", Args: "[DIR...]", Summary: "remove what killed unpacks left", Make: owned(gc)},
	},
}
