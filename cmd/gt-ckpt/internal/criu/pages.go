package criu

import (
	"encoding/binary"
	"errors"
	"io"
	"os"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// ServesPages is the first version whose protocol of pages is spoken here.
const ServesPages = 40200

// What CRIU's page server and its clients say: a head of 32 bytes, little
// endian, and pages behind it.
const (
	pagesHead = 32
	pagesAdd  = 6 // here they are
	pagesGet  = 7
	pagesEnd  = 0x1023
	pagesCut  = 0x1024
	pagesWord = 1<<16 - 1 // of the first four bytes; the rest are flags
	pageThere = 1 << 2 << 16
	mostPages = 1 << 16 // of one answer
)

// ServePages answers a `criu lazy-pages` that asks for memory, until it ends. get
// waits for so many bytes of a process of the container.
func ServePages(conn io.ReadWriter, get func(pid, addr, size uint64) ([]byte, error)) error {
	head := make([]byte, pagesHead)
	for {
		if _, err := io.ReadFull(conn, head); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		word := binary.LittleEndian.Uint32(head) & pagesWord
		n, addr, pid := binary.LittleEndian.Uint64(head[8:]), binary.LittleEndian.Uint64(head[16:]), binary.LittleEndian.Uint64(head[24:])
		switch {
		case word == pagesEnd || word == pagesCut:
			if _, err := conn.Write(make([]byte, 4)); err != nil {
				return err
			}
		case word == pagesGet && n > 0 && n <= mostPages:
			b, err := get(pid, addr, n*uint64(os.Getpagesize()))
			if err != nil {
				return err
			}
			binary.LittleEndian.PutUint32(head, pagesAdd|pageThere)
			if _, err := conn.Write(head); err != nil {
				return err
			}
			if _, err := conn.Write(b); err != nil {
				return err
			}
		default:
			return fail.New(fail.CodeHost, "criu lazy-pages asks %#x for %d pages, need a version that gt-ckpt knows", word, n)
		}
	}
}
