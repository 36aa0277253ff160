package systemd

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// answer is what a manager says.
func answer(kind byte, to uint32, fields []Value, body ...Value) []byte {
	c := call{path: managerPath, face: managerFace, member: "JobRemoved", args: body}
	b := c.encode(77)
	if kind != kindSignal {
		sig := ""
		var w writer
		for _, v := range body {
			sig += v.Sig
			w.put(v)
		}
		fields = append(fields, field(fieldReplyTo, word(to)), field(fieldSignature, Value{"g", sig}))
		head := writer{b: []byte{'l', kind, 0, 1}}
		head.u32(uint32(len(w.b)))
		head.u32(77)
		head.put(Value{"a(yv)", fields})
		head.pad(8)
		return append(head.b, w.b...)
	}
	b[1] = kindSignal
	return b
}

// manages is a manager on a socket that answers each call by a script.
func manages(t *testing.T, script func(n uint32, m *message) []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path="+path+",guid=00")
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		in, buf := []byte{}, make([]byte, 4096)
		const hello = "\x00AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"
		greeted, n := false, uint32(0)
		for {
			k, err := c.Read(buf)
			if err != nil {
				return
			}
			in = append(in, buf[:k]...)
			if !greeted && bytes.HasPrefix(in, []byte(hello)) {
				in, greeted = in[len(hello):], true
				c.Write([]byte("DATA\r\nOK 0123\r\n"))
			}
			for greeted && len(in) >= headSize {
				size, err := size(in)
				if err != nil || len(in) < size {
					break
				}
				m, err := decode(in[:size])
				if err != nil {
					t.Error(err)
					return
				}
				in, n = in[size:], n+1
				c.Write(script(n, m))
			}
		}
	}()
}

func TestStart(t *testing.T) {
	var lock sync.Mutex
	var seen []string
	manages(t, func(n uint32, m *message) []byte {
		lock.Lock()
		seen = append(seen, m.member)
		lock.Unlock()
		switch m.member {
		case "StartTransientUnit":
			// The end of the job may be told before the answer, and others' too.
			return append(append(answer(kindSignal, 0, nil, word(1), object("/job/9"), String("other.scope"), String("failed")),
				answer(kindSignal, 0, nil, word(1), object("/job/1"), String("x.scope"), String("done"))...), answer(kindReply, n, nil, object("/job/1"))...)
		case "StopUnit":
			return answer(kindError, n, []Value{field(fieldError, String(destination+".NoSuchUnit"))}, String("Unit x.scope not loaded."))
		case "Get":
			return answer(kindReply, n, nil, variant(String("/user.slice")))
		}
		return answer(kindReply, n, nil)
	})
	b, err := Dial(System)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Start("x.scope", []Property{{"TasksMax", Number(20)}, {"PIDs", Words([]uint32{7})}, {"DeviceAllow", Pairs("(ss)", [2]Value{String("a"), String("rw")})}}); err != nil {
		t.Error(err)
	}
	if g, err := b.Group(); g != "/user.slice" || err != nil {
		t.Errorf("have %q %v", g, err)
	}
	if err := b.Stop("x.scope"); err != nil {
		t.Error(err)
	}
	lock.Lock()
	defer lock.Unlock()
	if have, want := strings.Join(seen, " "), "Hello AddMatch Subscribe StartTransientUnit Get Subscribe StopUnit ResetFailedUnit"; have != want {
		t.Errorf("have %s, need %s", have, want)
	}
}

func TestRefused(t *testing.T) {
	manages(t, func(n uint32, m *message) []byte {
		switch m.member {
		case "SetUnitProperties":
			return answer(kindError, n, []Value{field(fieldError, String("org.freedesktop.DBus.Error.PropertyReadOnly"))}, String("Cannot set property X, or unknown property."))
		case "StartTransientUnit":
			return append(answer(kindReply, n, nil, object("/job/1")), answer(kindSignal, 0, nil, word(1), object("/job/1"), String("x.scope"), String("timeout"))...)
		case "Get":
			return []byte("l\x02\x00\x01\xff\xff\xff\xff0123456789")
		}
		return answer(kindReply, n, nil)
	})
	b, err := Dial(System)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Set("x.scope", []Property{{"X", Bool(true)}}); err == nil || err.Error() != "Cannot set property X, or unknown property." {
		t.Errorf("have %v", err)
	}
	if err := b.Start("x.scope", nil); err == nil || !strings.Contains(err.Error(), "has the result timeout, need done") {
		t.Errorf("have %v", err)
	}
	if _, err := b.Group(); err == nil || !strings.Contains(err.Error(), "need at most") {
		t.Errorf("have %v", err)
	}
}

func TestNobody(t *testing.T) {
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nothere%2c,guid=1")
	if _, err := Dial(System); err == nil || !strings.Contains(err.Error(), "connect to systemd: /nothere,: no such file") {
		t.Errorf("have %v", err)
	}
	if list := parseAddress("tcp:host=a;unix:abstract=/x,guid=1;unix:path=/y"); len(list) != 2 || list[0].path != "@/x" || list[1].path != "/y" {
		t.Errorf("have %v", list)
	}
}

// TestDaemon has the bus of the reference implementation read what we write: it
// hangs up on whoever breaks a rule of the format.
func TestDaemon(t *testing.T) {
	daemon, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("need dbus-daemon")
	}
	dir := t.TempDir()
	conf := `<busconfig><type>session</type><listen>unix:path=` + dir + `/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/><allow user="*"/></policy></busconfig>`
	if err := os.WriteFile(dir+"/conf", []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(daemon, "--config-file="+dir+"/conf", "--nofork", "--print-address=3")
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if _, err := r.Read(make([]byte, 200)); err != nil {
		t.Skip("need a dbus-daemon that starts: ", err)
	}
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path="+dir+"/bus")
	b, err := Dial(System)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	// Nobody here is systemd, and the daemon says so of a message it could read.
	for range 2 {
		_, err = b.ask(manager("StartTransientUnit", String("x.scope"), settings([]Property{
			{"Description", String("x")},
			{"PIDs", Words([]uint32{1})},
			{"Delegate", Bool(true)},
			{"AllowedCPUs", Bytes([]byte{1, 2, 3})},
			{"DeviceAllow", Pairs("(ss)")},
			{"IOReadBandwidthMax", Pairs("(st)", [2]Value{String("/dev/a"), Number(1)}, [2]Value{String("b"), Number(2)})},
			{"D", Value{"d", 1.5}},
			{"N", Value{"n", int16(-1)}},
			{"Deep", Value{"a(sav)", []Value{{"(sav)", []Value{String("a"), {"av", []Value{variant(Number(1))}}}}}}},
		})))
		var refusal *Refusal
		if !errors.As(err, &refusal) || refusal.Name != "org.freedesktop.DBus.Error.ServiceUnknown" {
			t.Fatalf("have %v, need ServiceUnknown", err)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add(answer(kindReply, 3, nil, object("/job/1")))
	f.Add(answer(kindSignal, 0, nil, word(1), object("/job/1"), String("x.scope"), String("done")))
	f.Add([]byte("l\x02\x00\x01\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < headSize {
			return
		}
		n, err := size(b)
		if err != nil || n > len(b) {
			return
		}
		m, err := decode(b[:n])
		if err != nil {
			return
		}
		r := &reader{b: m.body}
		r.u32()
		r.text()
		r.signature()
		r.text()
	})
}
