package feed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/lib/event"
	"github.com/gophertainer/gophertainer/lib/plugin"
)

// taker is a plugin that takes events.
type taker struct {
	lock sync.Mutex
	got  []int
	fail int // events that are refused the first time: each fail-th
	more chan struct{}
}

func (k *taker) take(_ context.Context, e plugin.PluginEvent) error {
	n, err := strconv.Atoi(strings.TrimPrefix(e.ID, "n"))
	if err != nil {
		return err
	}
	k.lock.Lock()
	defer k.lock.Unlock()
	if k.fail > 0 && n%k.fail == 0 {
		k.fail = 0
		return errors.New("not now")
	}
	k.got = append(k.got, n)
	select {
	case k.more <- struct{}{}:
	default:
	}
	return nil
}

func (k *taker) wait(t *testing.T, last int) {
	t.Helper()
	timeout := time.After(30 * time.Second)
	for {
		k.lock.Lock()
		done := len(k.got) > 0 && k.got[len(k.got)-1] == last
		k.lock.Unlock()
		if done {
			return
		}
		select {
		case <-k.more:
		case <-timeout:
			t.Fatalf("have %v, need all up to %d", k.got, last)
		}
	}
}

func entry(t *testing.T) *store.Entry {
	t.Helper()
	r := &store.Record{Name: "p", Timeout: "2s", Info: plugin.PluginInfo{Events: []plugin.PluginEventType{"container.*"}}}
	return &store.Entry{Record: r, Dir: t.TempDir()}
}

// write appends the events of numbers, the first and the last.
func write(t *testing.T, root string, numbers [2]int, data string) {
	t.Helper()
	for i := numbers[0]; i <= numbers[1]; i++ {
		if err := event.Append(root, event.New("start", fmt.Sprintf("n%d", i), "data", data)); err != nil {
			t.Fatal(err)
		}
	}
}

// In order, each once while nothing fails, through rotations of the log, with
// stops in between, and none of before the load.
func TestFeed(t *testing.T) {
	root, e := t.TempDir(), entry(t)
	write(t, root, [2]int{1, 3}, "before")
	if err := Mark(root, e); err != nil {
		t.Fatal(err)
	}
	k := &taker{more: make(chan struct{}, 1), fail: 7}
	warn := func(format string, args ...any) { t.Logf(format, args...) }
	long := strings.Repeat("x", 3000)
	f := Start(root, e, k.take, warn)
	write(t, root, [2]int{4, 400}, long) // rotates once
	k.wait(t, 400)
	f.Stop()
	write(t, root, [2]int{401, 500}, long) // rotates while nobody reads
	f = Start(root, e, k.take, warn)
	k.wait(t, 500)
	write(t, root, [2]int{501, 510}, "")
	if err := event.Append(root, event.New("plugin.fail", "p")); err != nil {
		t.Fatal(err)
	}
	if err := event.Append(root, event.New("network.setup", "other")); err != nil {
		t.Fatal(err)
	}
	write(t, root, [2]int{511, 511}, "")
	k.wait(t, 511)
	f.Stop()
	if _, err := os.Stat(root + "/" + event.File + ".1"); err != nil {
		t.Fatal("the log was not rotated")
	}
	for i, n := range k.got {
		if n != i+4 {
			t.Fatalf("event %d is n%d, need n%d", i, n, i+4)
		}
	}
}

// Events that are lost are said to be.
func TestLost(t *testing.T) {
	root, e := t.TempDir(), entry(t)
	write(t, root, [2]int{1, 1}, "")
	if err := Mark(root, e); err != nil {
		t.Fatal(err)
	}
	write(t, root, [2]int{2, 900}, strings.Repeat("x", 3000)) // twice
	said := make(chan string, 10)
	k := &taker{more: make(chan struct{}, 1)}
	f := Start(root, e, k.take, func(format string, args ...any) { said <- fmt.Sprintf(format, args...) })
	defer f.Stop()
	if s := <-said; !strings.Contains(s, "rotated twice meanwhile: events are lost") {
		t.Errorf("have %q", s)
	}
	k.wait(t, 900)
}

// The constants of the SDK are what plugins get, whatever the log says.
func TestKind(t *testing.T) {
	for in, want := range map[string]plugin.PluginEventType{
		"create": plugin.ContainerEventCreated, "delete": plugin.ContainerEventDeleted,
		"checkpoint": plugin.CheckpointEventCreated, "restore": plugin.CheckpointEventRestored,
		"storage.mount": plugin.StorageEventMounting, "network.setup": plugin.NetworkEventSetup,
		"plugin.load": plugin.PluginEventLoaded,
	} {
		if have := kind(in); have != want {
			t.Errorf("%s: have %s, need %s", in, have, want)
		}
	}
}
