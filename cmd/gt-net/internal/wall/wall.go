// Package wall is the packet filter: one table of our own for all networks of
// a state directory, written over netlink. Sets and maps say what is ours; the
// rules are the same for one container and for a thousand. See nft(8).
package wall

import (
	"errors"
	"fmt"
	"hash/fnv"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Wall is the table. Nothing is sent before Flush.
type Wall struct {
	conn  *nftables.Conn
	table *nftables.Table
	sets  map[string]*nftables.Set
}

// Name is the table's name: gt-net for the state directory of the machine, one
// of its own for every other.
func Name(root string) string {
	if root == "/run/oci-runtime" {
		return "gt-net"
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(root))
	return fmt.Sprintf("gt-net-%08x", h.Sum32())
}

// Open connects to the filter of the caller's network namespace.
func Open(root string) (*Wall, error) {
	conn, err := nftables.New(nftables.AsLasting())
	if err != nil {
		return nil, explain(err)
	}
	w := &Wall{conn: conn, table: &nftables.Table{Name: Name(root), Family: nftables.TableFamilyINet}}
	w.sets = make(map[string]*nftables.Set, len(shapes))
	for name, s := range shapes {
		set := *s
		if s.KeyType.Name == ifname.Name {
			set.KeyByteOrder = binaryutil.NativeEndian // only nft(8) looks at it
		}
		set.Name, set.Table = name, w.table
		w.sets[name] = &set
	}
	return w, nil
}

// Close ends the connection.
func (w *Wall) Close() { _ = w.conn.CloseLasting() }

// Stands tells whether the table is there.
func (w *Wall) Stands() (bool, error) {
	_, err := w.conn.ListTableOfFamily(w.table.Name, w.table.Family)
	if errors.Is(err, unix.ENOENT) {
		return false, nil
	}
	return err == nil, explain(err)
}

// Build makes the table with its sets and rules, empty.
func (w *Wall) Build() error {
	w.conn.AddTable(w.table)
	for _, name := range order {
		if err := w.conn.AddSet(w.sets[name], nil); err != nil {
			return err
		}
	}
	w.rules()
	return w.flush()
}

// Drop removes the table and everything in it; none is no error.
func (w *Wall) Drop() error {
	w.conn.DelTable(w.table)
	if err := w.flush(); !errors.Is(err, unix.ENOENT) {
		return err
	}
	return nil
}

func (w *Wall) flush() error { return explain(w.conn.Flush()) }

// explain says that the kernel has no nftables, if that is so.
func explain(err error) error {
	if err == nil {
		return nil
	}
	e := &fail.Error{Op: "write nftables", Cause: err}
	if errors.Is(err, unix.EPROTONOSUPPORT) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EAFNOSUPPORT) {
		e.Code, e.Hint = fail.CodeKernel, "need nf_tables with inet, nat, masq and fib"
	}
	return e
}
