// Package tar reads tar archives of every kind in use: V7, POSIX ustar and pax,
// GNU and star, with sparse files as maps of extents instead of zeros. Nothing
// of an archive is trusted: sizes, numbers and records are bounded, and what
// cannot be represented exactly is an error that names the entry.
//
// Sources: pax(1) of POSIX.1-2024, the manual of GNU tar ("Basic Tar Format",
// "Sparse Formats"), star(5).
package tar

import (
	"time"
)

// The types of entries that Next returns.
const (
	File    = '0'
	Link    = '1'
	Symlink = '2'
	Char    = '3'
	Block   = '4'
	Dir     = '5'
	Fifo    = '6'
)

// An Entry is one member of an archive, its names as they were written.
type Entry struct {
	Name     string
	Target   string // of a link or symlink
	Type     byte
	Mode     uint32 // permission bits with setuid, setgid and sticky
	UID, GID uint32
	Mtime    time.Time
	Major    uint32
	Minor    uint32
	Size     int64    // of the file as it will be, holes included
	Sparse   bool     // Extents says where data is, possibly nowhere
	Extents  []Extent // in order, not overlapping, within Size
	Xattrs   []Xattr
	ACL      string // POSIX ACL in its text form, access and default
	Default  string
}

// An Extent is a stretch of data in a sparse file, in bytes.
type Extent struct{ Offset, Length int64 }

// An Xattr is an extended attribute.
type Xattr struct {
	Name  string
	Value []byte
}

// Limits of what one entry may ask for.
const (
	maxRecord  = 1 << 20 // bytes of a pax header or a GNU long name
	maxGlobals = 4096    // records of all global headers
	maxExtents = 1 << 20
)
