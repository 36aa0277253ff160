package event

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestAppendAndRead(t *testing.T) {
	root := t.TempDir()
	tail := Follow(root)
	defer tail.Close()
	if list, err := tail.Read(); err != nil || len(list) != 0 {
		t.Errorf("have %v, %v, need nothing", list, err)
	}
	want := []Event{New("create", "a"), New("oom", "b", "memory", "1\n\"x\"", "odd")}
	for _, e := range want {
		if err := Append(root, e); err != nil {
			t.Fatal(err)
		}
	}
	have, err := tail.Read()
	if err != nil || !reflect.DeepEqual(have, want) {
		t.Errorf("have %v, %v, need %v", have, err, want)
	}
	if err := Append(root, New("start", "a")); err != nil {
		t.Fatal(err)
	}
	if have, err = tail.Read(); err != nil || len(have) != 1 || have[0].Type != "start" {
		t.Errorf("have %v, %v, need the new one", have, err)
	}
}

// TestReadSkips: a line that is torn or no event hides no other.
func TestReadSkips(t *testing.T) {
	root := t.TempDir()
	e := New("start", "a")
	text := "{\"type\":\n{}x\n" + string(e.Line()) + `{"type":"torn"`
	if err := os.WriteFile(filepath.Join(root, File), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	tail := Follow(root)
	defer tail.Close()
	have, err := tail.Read()
	if err != nil || len(have) != 1 || have[0].ID != "a" || tail.now.at != int64(strings.LastIndexByte(text, '\n')+1) {
		t.Errorf("have %v up to %d, %v", have, tail.now.at, err)
	}
}

func TestLongDataIsCut(t *testing.T) {
	root := t.TempDir()
	if err := Append(root, New("hook", "a", "output", strings.Repeat("x", 5000))); err != nil {
		t.Fatal(err)
	}
	have, err := Read(root)
	if err != nil || len(have) != 1 || have[0].Data["cut"] == "" {
		t.Errorf("have %v, %v", have, err)
	}
}

func TestRotate(t *testing.T) {
	root := t.TempDir()
	e := New("hook", "a", "output", strings.Repeat("x", 3500))
	tail, seen := Follow(root), 0
	defer tail.Close()
	for i := range rotateAt/3500 + 10 {
		if err := Append(root, e); err != nil {
			t.Fatal(err)
		}
		if i%100 == 0 {
			list, err := tail.Read()
			if err != nil {
				t.Fatal(err)
			}
			seen += len(list)
		}
	}
	if list, err := tail.Read(); err != nil || seen+len(list) != rotateAt/3500+10 {
		t.Errorf("have %d of %d events, %v", seen+len(list), rotateAt/3500+10, err)
	}
	old, err := os.Stat(filepath.Join(root, File+".1"))
	if err != nil || old.Size() < rotateAt {
		t.Errorf("have %v, %v, need the old log", old, err)
	}
	list, err := Read(root)
	if err != nil || len(list) == 0 || len(list) > 20 {
		t.Errorf("have %d events of the new log, %v", len(list), err)
	}
}

func TestLineIsJSON(t *testing.T) {
	e := New("exec", "a", "k", "\x00\xff<>&")
	var have Event
	if err := json.Unmarshal(e.Line(), &have); err != nil || have.Data["k"] != "\x00\uFFFD<>&" {
		t.Errorf("have %s, %v", e.Line(), err)
	}
}
