// Package driver makes the root of a bundle out of content that is the same for
// many: by a copy, or by mounting it below a layer of the bundle's own. One
// driver a file, all behind one interface.
package driver

import (
	"context"
	"fmt"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// Content is what a root is to hold, in the form a driver asks for.
type Content interface {
	// Fill puts everything into an empty directory.
	Fill(ctx context.Context, dir string) error
	// Lower gives read-only directories, the topmost first.
	Lower(ctx context.Context) ([]string, error)
	// Base gives one directory of the store that holds everything. Where
	// the file system has them it is a subvolume, if asked for.
	Base(ctx context.Context, subvolume bool) (string, error)
	// Image gives a file of the store that is an erofs with everything.
	Image(ctx context.Context) (string, error)
}

// A Job is a root in the making.
type Job struct {
	Stage   *bundle.Stage
	Record  *bundle.Record
	Content Content
}

func (j *Job) rootfs() string { return j.Stage.Path(rootfs) }

// A Driver makes roots in one way.
type Driver interface {
	// Name is the word of --driver.
	Name() string
	// Probe says why the driver does not work for bundles in an existing
	// directory, nil if it does. It leaves nothing behind.
	Probe(dir string) error
	// Make puts into the stage all that stays on disk. Nothing is mounted
	// where others see it.
	Make(ctx context.Context, j *Job) error
	// Mount mounts the root of a bundle, and may leave half of it when it
	// fails.
	Mount(dir string, r *bundle.Record) error
	// Standing is the mount points, relative to the bundle, in their order.
	Standing(r *bundle.Record) []string
}

// all drivers, in the order in which auto tries them.
var all = []Driver{overlay{}, btrfs{}, reflink{}, fuse{}, erofs{}, tmpfs{}, image{}, plain{}}

// Names are the words that --driver takes.
func Names() []string {
	names := []string{"auto"}
	for _, d := range all {
		names = append(names, d.Name())
	}
	return names
}

// Find returns the driver of a name.
func Find(name string) (Driver, error) {
	for _, d := range all {
		if d.Name() == name {
			return d, nil
		}
	}
	return nil, fail.Usage("have driver %q, need %s", name, strings.Join(Names(), ", "))
}

// Pick is a driver that works at dir: the first of the names whose probe says
// so. why tells what was found.
func Pick(dir string, names ...string) (d Driver, why string, err error) {
	var no []string
	for _, name := range names {
		if d, err = Find(name); err != nil {
			return nil, "", err
		}
		if err = d.Probe(dir); err == nil {
			no = append(no, name+" works here")
			return d, strings.Join(no, "; "), nil
		}
		no = append(no, fmt.Sprintf("no %s: %v", name, err))
	}
	return nil, "", fail.New(fail.CodeHost, "%s", strings.Join(no, "; "))
}
