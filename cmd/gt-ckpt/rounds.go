package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/checkpoint-restore/go-criu/v8/stats"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// preCopy are the options of rounds: the memory is written while the container
// runs, then what it has written to since, and again, until the rest is little
// enough to be written while it stands still.
type preCopy struct {
	downtime time.Duration // 0 is no rounds
	most     int
}

func (p *preCopy) declare(o *tool.Options) {
	p.most = 8
	o.Duration(&p.downtime, "max-downtime", 0, "TIME", "write memory in rounds until the container would stand still for less")
	o.Int(&p.most, "max-rounds", 0, "N", "rounds at most (8); also if they do not get smaller, the last one is taken")
}

func (p *preCopy) check() error {
	if p.downtime < 0 || p.most < 1 || p.most > 99 {
		return fail.Usage("--max-downtime and --max-rounds: have %s and %d, need more than 0, and 1 to 99", p.downtime, p.most)
	}
	return nil
}

// predump writes one round for a dump to come; dump --max-downtime makes as many
// as it takes.
func predump(o *tool.Options) func(*tool.Call) error {
	d := &dumping{preDump: true}
	d.criuOptions.declare(o)
	d.preCopy.most = 1
	o.Hidden("lazy-pages")
	o.String(&d.pageServer, "page-server", 0, "ADDRESS:PORT", "send the memory to a CRIU page server")
	return d.run
}

// A round is what one of them has written.
type round struct {
	pages     uint64
	took      time.Duration // in all
	still     time.Duration // the container stood still
	predicted time.Duration // it would, if the next one were the last
}

// roundOf reads what CRIU wrote down about one. What was dirtied since the one
// before is what will be until the next, or less; all of it is then written
// while the container stands still, at the rate of this one.
func roundOf(dir string, took time.Duration) (*round, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s, err := stats.CriuGetDumpStats(f)
	if err != nil {
		return nil, fail.New(fail.CodeHost, "read the statistics of criu: %w", err)
	}
	us := func(n uint32) time.Duration { return time.Duration(n) * time.Microsecond }
	r := &round{pages: s.GetPagesWritten(), took: took, still: us(s.GetFreezingTime()) + us(s.GetFrozenTime())}
	r.predicted = r.still + us(s.GetMemwriteTime())
	return r, nil
}

func (r *round) rate() float64 {
	if r.took <= 0 {
		return 0
	}
	return float64(r.pages) * float64(os.Getpagesize()) / (1 << 20) / r.took.Seconds()
}

// enough tells whether another round is of no use.
func (p *preCopy) enough(n int, now, before *round) (string, bool) {
	switch {
	case now.predicted <= p.downtime:
		return "which is short enough", true
	case before != nil && now.pages*10 >= before.pages*9:
		return "and rounds do not get smaller", true
	case n >= p.most:
		return "and no more rounds are allowed", true
	}
	return "", false
}

// copyRounds makes them. What is in the draft then is not whole without the
// dump that follows.
func (d *dumping) copyRounds() error {
	if d.downtime == 0 {
		return nil
	}
	var before *round
	images, work := d.images, d.work
	defer func() { d.images, d.work, d.preDump = images, work, false }()
	d.preDump = true
	for n := 1; ; n++ {
		name := image.Round(n)
		d.images = filepath.Join(d.draft.Dir, name)
		d.work = d.images
		begin := time.Now()
		if err := d.freeze(); err != nil {
			return fail.New(fail.Details(err).Code, "round %d: %w", n, err)
		}
		now, err := roundOf(d.images, time.Since(begin))
		if err != nil {
			return err
		}
		why, enough := d.enough(n, now, before)
		fmt.Fprintf(d.call.Stderr, "round %d: %d pages in %d ms, %.0f MiB/s, stood still for %d ms; the rest is predicted to take %d ms %s\n",
			n, now.pages, now.took.Milliseconds(), now.rate(), now.still.Milliseconds(), now.predicted.Milliseconds(), why)
		d.parent = "../" + name
		if d.far != nil {
			if err := d.far.sendRound(d, name); err != nil {
				return err
			}
		}
		if enough {
			return nil
		}
		before = now
	}
}
