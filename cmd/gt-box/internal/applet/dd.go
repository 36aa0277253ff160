package applet

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

type copyBlocks struct {
	from, to          string
	size              int64
	count, skip, seek int64
	conv              string
	status            string
}

// dd if= of= bs= count= skip= seek= conv=notrunc,fsync status=none
func dd(args []string) int {
	d := copyBlocks{size: 512, count: -1}
	for _, a := range args[1:] {
		if err := d.operand(a); err != nil {
			return misuse(args, "%s", err)
		}
	}
	in, w, err := d.open()
	if err != nil {
		return fail(args, "%s", err)
	}
	full, part, total, err := d.run(in, w)
	if err == nil && strings.Contains(d.conv, "fsync") {
		err = w.Sync()
	}
	if e := w.Close(); err == nil {
		err = e
	}
	if d.status != "none" {
		fmt.Fprintf(os.Stderr, "%d+%d records\n%d bytes copied\n", full, part, total)
	}
	if err != nil {
		return fail(args, "%s", why(err))
	}
	return 0
}

func (d *copyBlocks) operand(a string) (err error) {
	key, value, _ := strings.Cut(a, "=")
	switch key {
	case "if":
		d.from = value
	case "of":
		d.to = value
	case "bs", "ibs", "obs":
		if d.size, err = bytesOf(value); err == nil && d.size == 0 {
			err = fmt.Errorf("%s: need a size above 0", a)
		}
	case "count":
		d.count, err = bytesOf(value)
	case "skip":
		d.skip, err = bytesOf(value)
	case "seek":
		d.seek, err = bytesOf(value)
	case "conv":
		d.conv = value
		for word := range strings.SplitSeq(value, ",") {
			if word != "notrunc" && word != "fsync" {
				return fmt.Errorf("%s: no such conversion", word)
			}
		}
	case "status":
		d.status = value
	default:
		return fmt.Errorf("%s: no such operand", a)
	}
	return err
}

// bytesOf reads a size with the suffix k, M or G.
func bytesOf(text string) (int64, error) {
	number, unit := text, int64(1)
	if n := len(text); n > 0 {
		if at := strings.IndexByte("ckMG", text[n-1]); at >= 0 {
			number, unit = text[:n-1], [...]int64{1, 1 << 10, 1 << 20, 1 << 30}[at]
		}
	}
	v, err := strconv.ParseInt(number, 10, 64)
	if err != nil || v < 0 || v > (1<<62)/unit {
		return 0, fmt.Errorf("%s: need a size", text)
	}
	return v * unit, nil
}

func (d *copyBlocks) open() (in, w *os.File, err error) {
	in, w = os.Stdin, os.Stdout
	if d.from != "" {
		if in, err = os.Open(d.from); err != nil {
			return nil, nil, err
		}
	}
	if d.to != "" {
		how := os.O_WRONLY | os.O_CREATE
		if !strings.Contains(d.conv, "notrunc") && d.seek == 0 {
			how |= os.O_TRUNC
		}
		if w, err = os.OpenFile(d.to, how, 0o666); err != nil {
			return nil, nil, err
		}
	}
	return in, w, nil
}

func (d *copyBlocks) run(in, w *os.File) (full, part, total int64, err error) {
	if d.skip > 0 {
		if _, err = in.Seek(d.skip*d.size, io.SeekCurrent); err != nil {
			if _, err = io.CopyN(io.Discard, in, d.skip*d.size); err != nil {
				return
			}
		}
	}
	if d.seek > 0 {
		if _, err = w.Seek(d.seek*d.size, io.SeekStart); err != nil {
			return
		}
	}
	buf := make([]byte, d.size)
	for d.count < 0 || full+part < d.count {
		n, e := in.Read(buf)
		if n > 0 {
			if int64(n) == d.size {
				full++
			} else {
				part++
			}
			if _, err = w.Write(buf[:n]); err != nil {
				return
			}
			total += int64(n)
		}
		if e == io.EOF {
			return
		}
		if e != nil {
			return full, part, total, e
		}
	}
	return
}
