package main

import (
	"os"
	"path/filepath"

	"github.com/checkpoint-restore/go-criu/v8/rpc"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/criu"
	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
)

// freeze lets CRIU do its work.
func (d *dumping) freeze() error {
	kept, err := names(d.images)
	if err != nil {
		return err
	}
	for n := 1; ; n++ {
		d.raced = false
		err := d.ask()
		// A page server takes one connection, and has had it.
		if err == nil || !d.raced || n == tries || d.pageServer != "" {
			return err
		}
		d.call.Debugf("try again: %v", err)
		if err := sweep(d.images, kept); err != nil {
			return err
		}
	}
}

func names(dir string) (map[string]bool, error) {
	at := map[string]bool{}
	list, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return at, nil
	}
	for _, f := range list {
		at[f.Name()] = true
	}
	return at, err
}

// sweep takes away what one that came to nothing has written.
func sweep(dir string, kept map[string]bool) error {
	list, err := names(dir)
	for name := range list {
		if kept[name] {
			continue
		}
		if rerr := os.Remove(filepath.Join(dir, name)); err == nil {
			err = rerr
		}
	}
	return err
}

func (d *dumping) ask() error {
	images, err := openDir(d.images)
	if err != nil {
		return err
	}
	defer images.Close()
	work, err := openDir(d.work)
	if err != nil {
		return err
	}
	defer work.Close()
	w, err := criu.Start(d.path, nil, nil)
	if err != nil {
		return err
	}
	defer w.Close()
	d.worker = w.Pid()
	version, err := w.Version()
	if err != nil {
		return err
	}
	d.made = d.manifest(version)
	if err := d.openNetwork(); err != nil {
		return err
	}
	resp, err := w.Ask(d.request(images, work, version), func(n *criu.Notice) error {
		if n.Script != "post-dump" || d.preDump {
			return nil
		}
		if err := layClock(d.images); err != nil {
			return err
		}
		if err := image.WindTimers(d.images); err != nil {
			return err
		}
		if d.runID, err = lockOf(d.images); err != nil {
			return err
		}
		return d.whole(d.images, d.made)
	})
	return d.verdict(resp, err)
}

// verdict turns what CRIU answered into an error, by its log.
func (d *dumping) verdict(resp *rpc.CriuResp, err error) error {
	log := filepath.Join(d.work, image.LogName)
	if err == criu.ErrSilent && d.netns != nil && d.facts.net == "own" { //nolint:errorlint // never wrapped
		// It was killed, and cannot take its lock away.
		if uerr := unlock(d.netns, ""); uerr != nil {
			d.call.Warnf("unlock the network: %v", uerr)
		}
	}
	failed := judge(d.call, log, resp, err)
	d.raced = failed != nil && err == nil && criu.Raced(log)
	return failed
}
