package image

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// The numbers of CRIU's images/pagemap.proto and pstree.proto.
const (
	fieldPid      = 1 // of a pstree_entry
	fieldPagesID  = 1 // of a pagemap_head
	fieldVaddr    = 1 // of a pagemap_entry
	fieldFewPages = 2 // before CRIU 4
	fieldNrPages  = 5 // since
	fieldInParent = 3
	fieldFlags    = 4
	pagePresent   = 1 << 2 // of flags
)

// CheckPages refuses bare images whose memory is cut: CRIU reads at the end of
// the file for ever. Engines dump again into the same directory, so there may be
// pagemaps of processes that have ended since, whose numbers others have now.
func CheckPages(images string) error {
	pids, err := processes(filepath.Join(images, "pstree.img"))
	if err != nil {
		return err
	}
	taken := map[uint64]bool{}
	for _, pid := range pids {
		id, err := checkPages(images, fmt.Sprintf("pagemap-%d.img", pid))
		if os.IsNotExist(err) { // a zombie has no memory
			continue
		}
		if err != nil {
			return err
		}
		taken[id] = true
	}
	shared, err := filepath.Glob(filepath.Join(images, "pagemap-shmem-*.img"))
	if err != nil {
		return err
	}
	for _, path := range shared {
		if id, _, err := pagesOf(path); err != nil || taken[id] {
			continue
		}
		if _, err := checkPages(images, filepath.Base(path)); err != nil {
			return err
		}
	}
	return nil
}

// checkPages compares a pagemap with the image of its pages, whose number it
// returns.
func checkPages(images, pagemap string) (uint64, error) {
	id, need, err := pagesOf(filepath.Join(images, pagemap))
	if err != nil {
		return 0, err
	}
	name := filepath.Join(images, fmt.Sprintf("pages-%d.img", id))
	st, err := os.Stat(name)
	if os.IsNotExist(err) && need == 0 {
		return id, nil
	}
	if os.IsNotExist(err) {
		return 0, fail.New(fail.CodeInput, "have no %s, need the memory of %s", name, pagemap)
	}
	if err != nil {
		return 0, err
	}
	if st.Size() < need {
		return 0, fail.New(fail.CodeInput, "%s has %d bytes of memory, need %d", name, st.Size(), need)
	}
	return id, nil
}

// processes reads the tree: the number of each process.
func processes(path string) ([]uint64, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var pids []uint64
	err = messages(b, func(m []byte) error {
		list, err := parse(m)
		pids = append(pids, list[fieldPid].n)
		return err
	})
	if err != nil {
		return nil, malformed(path)
	}
	return pids, nil
}

// pagesOf reads a pagemap: the number of its pages' image, and how many bytes
// that has.
func pagesOf(path string) (id uint64, size int64, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, 0, err
	}
	first := true
	err = messages(b, func(m []byte) error {
		list, err := parse(m)
		switch {
		case err != nil:
			return err
		case first:
			id, first = list[fieldPagesID].n, false
			return nil
		}
		flags, ok := list[fieldFlags]
		if ok && flags.n&pagePresent != 0 || !ok && list[fieldInParent].n == 0 {
			size += int64(max(list[fieldNrPages].n, list[fieldFewPages].n)) * int64(os.Getpagesize())
		}
		return nil
	})
	if err != nil || first {
		return 0, 0, malformed(path)
	}
	return id, size, nil
}
