package plugin

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// tester is a plugin of every type's calls that are asked here.
type tester struct {
	calls  []string
	block  chan struct{}
	config map[string]interface{}
}

func (p *tester) GetInfo() PluginInfo {
	return PluginInfo{Name: "tester", Version: "1", Type: PluginTypeStorage}
}

func (p *tester) Initialize(_ context.Context, config map[string]interface{}) error {
	p.config = config
	return nil
}
func (p *tester) Start(context.Context) error   { p.calls = append(p.calls, "start"); return nil }
func (p *tester) Stop(context.Context) error    { p.calls = append(p.calls, "stop"); return nil }
func (p *tester) Cleanup(context.Context) error { p.calls = append(p.calls, "cleanup"); return nil }

func (p *tester) Mount(source, target string, _ map[string]interface{}) error {
	if source == "panic" {
		panic("at the mount")
	}
	if source == "" {
		return errors.New("have no source")
	}
	return nil
}
func (p *tester) Unmount(string) error                { return nil }
func (p *tester) CreateSnapshot(string, string) error { return nil }

func (p *tester) HandleEvent(ctx context.Context, e *PluginEvent) error {
	if e.ID == "slow" {
		select {
		case <-p.block:
		case <-ctx.Done():
		}
	}
	p.calls = append(p.calls, "event "+e.ID)
	return nil
}
func (p *tester) GetHandledEvents() []PluginEventType { return []PluginEventType{"container.*"} }

func TestServe(t *testing.T) {
	p := &tester{}
	var out strings.Builder
	lines := []string{
		`{"jsonrpc":"2.0","id":1,"method":"info"}`,
		`{"jsonrpc":"2.0","id":2,"method":"initialize","params":{"protocol":1,"config":{"a":1}}}`,
		`{"jsonrpc":"2.0","id":3,"method":"start"}`,
		`{"jsonrpc":"2.0","id":"four","method":"storage.mount","params":{"source":"/a","target":"/b"}}`,
		`{"jsonrpc":"2.0","id":5,"method":"storage.mount","params":{"source":"panic"}}`,
		`{"jsonrpc":"2.0","id":6,"method":"storage.mount","params":{}}`,
		`{"jsonrpc":"2.0","id":7,"method":"storage.mount"}`,
		`{"jsonrpc":"2.0","id":8,"method":"network.setup","params":{}}`,
		`{"jsonrpc":"2.0","id":9,"method":"health"}`,
		`{"jsonrpc":"2.0","method":"health"}`, // a notification
		`{"jsonrpc":"1.0","id":10,"method":"health"}`,
		`not JSON`,
		`{"jsonrpc":"2.0","id":11,"method":"initialize","params":{"protocol":2}}`,
	}
	if err := ServeOn(p, strings.NewReader(strings.Join(lines, "\n")+"\n"), &out); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"jsonrpc":"2.0","id":1,"result":{"protocol":1,"name":"tester","version":"1","type":"storage","config":{},"events":["container.*"],"needs":{}}}`,
		`{"jsonrpc":"2.0","id":2,"result":null}`,
		`{"jsonrpc":"2.0","id":3,"result":null}`,
		`{"jsonrpc":"2.0","id":"four","result":null}`,
		`{"jsonrpc":"2.0","id":5,"error":{"code":-32603,"message":"storage.mount: panic: at the mount"}}`,
		`{"jsonrpc":"2.0","id":6,"error":{"code":-32000,"message":"have no source"}}`,
		`{"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"have no params, need some"}}`,
		`{"jsonrpc":"2.0","id":8,"error":{"code":-32601,"message":"have no method network.setup"}}`,
		`{"jsonrpc":"2.0","id":9,"result":{"healthy":true}}`,
		`{"jsonrpc":"2.0","id":10,"error":{"code":-32600,"message":"need jsonrpc \"2.0\" and a method"}}`,
		`{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"decode request: `,
		`{"jsonrpc":"2.0","id":11,"error":{"code":-32602,"message":"have protocol 2, need 1"}}`,
	}
	have := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(have) != len(want) {
		t.Fatalf("have %d answers, need %d:\n%s", len(have), len(want), out.String())
	}
	for i := range want {
		if !strings.HasPrefix(have[i], want[i]) {
			t.Errorf("have %s\nneed %s", have[i], want[i])
		}
	}
	if p.config["a"] != 1.0 || strings.Join(p.calls, " ") != "start stop cleanup" {
		t.Errorf("have config %v, calls %v", p.config, p.calls)
	}
}

// A plugin that is at work on an event answers other calls.
func TestEventsHoldNothingUp(t *testing.T) {
	p := &tester{block: make(chan struct{})}
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	done := make(chan error)
	go func() { done <- ServeOn(p, inR, outW) }()
	answers := bufio.NewScanner(outR)
	say := func(line string) { _, _ = io.WriteString(inW, line+"\n") }
	hear := func() string {
		got := make(chan string, 1)
		go func() { answers.Scan(); got <- answers.Text() }()
		select {
		case s := <-got:
			var r Response
			_ = json.Unmarshal([]byte(s), &r)
			return string(r.ID)
		case <-time.After(time.Minute):
			return "nothing"
		}
	}
	say(`{"jsonrpc":"2.0","id":1,"method":"event","params":{"type":"container.start","id":"slow"}}`)
	say(`{"jsonrpc":"2.0","id":2,"method":"event","params":{"type":"container.start","id":"next"}}`)
	say(`{"jsonrpc":"2.0","id":3,"method":"health"}`)
	if id := hear(); id != "3" {
		t.Errorf("have answer %s, need 3", id)
	}
	close(p.block)
	if a, b := hear(), hear(); a != "1" || b != "2" {
		t.Errorf("have answers %s, %s, need 1, 2", a, b)
	}
	inW.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if strings.Join(p.calls, ",") != "event slow,event next" {
		t.Errorf("have %v", p.calls)
	}
}
