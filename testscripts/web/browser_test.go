package web

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// A browser is a headless Chromium that is spoken to through two pipes: JSON of
// the DevTools protocol, each message ended by a zero byte.
type browser struct {
	t       *testing.T
	in      *os.File
	session string
	mu      sync.Mutex
	last    int
	answers map[int]chan json.RawMessage
	events  map[string][]json.RawMessage
}

type message struct {
	ID      int             `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  any             `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// open starts the browser at $CHROMIUM, or where scripts/install-web.sh puts it.
func open(t *testing.T) *browser {
	t.Helper()
	program := os.Getenv("CHROMIUM")
	if program == "" {
		program = "/opt/gophertainer-web/bin/chromium"
	}
	if _, err := os.Stat(program); err != nil {
		t.Skip("need a Chromium: make test-web, or scripts/install-web.sh")
	}
	ours, theirs := pipe(t)
	back, said := pipe(t)
	cmd := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
		"--no-first-run", "--hide-scrollbars", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{ours, said}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ours.Close()
	said.Close()
	b := &browser{t: t, in: theirs, answers: map[int]chan json.RawMessage{}, events: map[string][]json.RawMessage{}}
	go b.listen(back)
	t.Cleanup(func() {
		b.session = ""
		b.call("Browser.close", nil, nil)
		theirs.Close()
		_ = cmd.Wait()
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Network", "Log"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// listen sorts what the browser says.
func (b *browser) listen(from *os.File) {
	defer from.Close()
	lines := bufio.NewReader(from)
	for {
		text, err := lines.ReadBytes(0)
		if err != nil {
			return
		}
		var m struct {
			ID            int
			Method        string
			Params        json.RawMessage
			Result, Error json.RawMessage
		}
		if json.Unmarshal(text[:len(text)-1], &m) != nil {
			continue
		}
		b.mu.Lock()
		if m.ID == 0 {
			b.events[m.Method] = append(b.events[m.Method], m.Params)
		} else if c := b.answers[m.ID]; c != nil {
			if m.Error != nil {
				m.Result = nil
			}
			c <- m.Result
		}
		b.mu.Unlock()
	}
}

// call asks the browser and waits for its answer.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	b.mu.Lock()
	b.last++
	id := b.last
	answer := make(chan json.RawMessage, 1)
	b.answers[id] = answer
	b.mu.Unlock()
	text, err := json.Marshal(message{ID: id, Session: b.session, Method: method, Params: params})
	if err == nil {
		_, err = b.in.Write(append(text, 0))
	}
	if err != nil {
		b.t.Fatal(method, err)
	}
	select {
	case raw := <-answer:
		if raw == nil {
			err = errors.New("refused")
		} else if result != nil {
			err = json.Unmarshal(raw, result)
		}
	case <-time.After(2 * time.Minute):
		err = errors.New("no answer in two minutes")
	}
	if err != nil {
		b.t.Fatal(method, err)
	}
}

// eval is the value of an expression in the page, as text.
func (b *browser) eval(expression string) string {
	b.t.Helper()
	var out struct{ Result struct{ Value any } }
	b.call("Runtime.evaluate", map[string]any{"expression": "String(" + expression + ")"}, &out)
	text, _ := out.Result.Value.(string)
	return text
}

// until waits for an expression to be true.
func (b *browser) until(expression string) {
	b.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if b.eval(expression) == "true" {
			return
		}
	}
	b.t.Fatalf("after a minute it is not so: %s\n%s", expression, b.eval("document.body.innerText"))
}

// press is a key, by its name and Windows' number.
func (b *browser) press(key string, code int) {
	b.t.Helper()
	text := ""
	if key == "Enter" {
		text = "\r"
	}
	for _, kind := range []string{"keyDown", "keyUp"} {
		b.call("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text}, nil)
	}
}

// picture writes what is seen, if somebody asked for pictures.
func (b *browser) picture(name string, height int) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": 1200, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil || len(data) < 5000 {
		b.t.Fatalf("picture of %d bytes, %v", len(data), err)
	}
	if dir := os.Getenv("GT_PICTURES"); dir != "" {
		if err := os.WriteFile(dir+"/"+name, data, 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
}

// count is how often the browser told of something.
func (b *browser) count(event string) []json.RawMessage {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]json.RawMessage(nil), b.events[event]...)
}
