package inside

import (
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/bare"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// ruleset: Nums are the rights to files and to ports that it handles, and the
// scopes. Kernels that do not know the last ones take them as zero.
func (b *birth) ruleset(s *plan.Step) (e bare.Errno) {
	attr := [3]uint64{s.Nums[0], s.Nums[1], s.Nums[2]}
	b.rules, e = bare.Ruleset(&attr)
	return e
}

// rule: the path is looked up inside the root and never through a magic link,
// which could lead to what the container is not meant to have. What only a
// directory can give is left out for a file.
func (b *birth) rule(s *plan.Step) bare.Errno {
	if len(s.Nums) > 0 {
		return bare.AllowPort(b.rules, s.Flags, s.Nums[0])
	}
	root, e := bare.Open(bare.AtCwd, "/", unix.O_PATH|unix.O_DIRECTORY, 0)
	if e != 0 {
		return e
	}
	defer bare.Close(root)
	fd, e := bare.OpenIn(root, s.Path, unix.O_PATH)
	if e != 0 {
		return e
	}
	defer bare.Close(fd)
	rights := s.Flags
	dir, e := bare.IsDir(fd)
	if e != 0 {
		return e
	}
	if !dir {
		rights &= unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_READ_FILE |
			unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	if rights == 0 {
		return 0
	}
	return bare.AllowPath(b.rules, rights, fd)
}

func (b *birth) restrict(*plan.Step) bare.Errno {
	e := bare.Restrict(b.rules)
	if e != 0 {
		b.why = plan.WhyRestrict
	}
	return e
}
