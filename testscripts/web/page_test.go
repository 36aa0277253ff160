// Package web looks at the page of gt-mon serve, and at gt-mon top, with a browser.
package web

import (
	"bufio"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// house is a state directory with containers of its own.
type house struct {
	t   *testing.T
	bin string
	env []string
}

// begin starts containers that work, wait, and are ill.
func begin(t *testing.T) *house {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("need root")
	}
	bin := os.Getenv("GT_BIN")
	if bin == "" {
		bin = "../../bin"
	}
	bin, err := filepath.Abs(bin)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(bin, "gt-mon")); err != nil {
		t.Skip("need gt-mon in bin (make build)")
	}
	dir := t.TempDir()
	h := &house{t: t, bin: bin, env: append(os.Environ(), "GOPHERTAINER_ROOT="+dir+"/state", "GOPHERTAINER_DATA="+dir+"/data")}
	t.Cleanup(func() { h.run("gt-run", "rm", "-f", "worker", "web", "ill") })
	h.run("gt-run", "-d", "--name", "worker", "--rootfs", "tiny", "--mem", "64", "--", "sh", "-c",
		"i=0; while :; do i=$((i+1)); echo job $i done; seq 1 $((i % 7 * 1500)) >/tmp/x; sleep 0.3; done")
	h.run("gt-run", "-d", "--name", "web", "--rootfs", "tiny", "--mem", "128", "--health-cmd", "true", "--health-interval", "1s", "--", "sh", "-c", "echo listening; sleep 1000")
	h.run("gt-run", "-d", "--name", "ill", "--rootfs", "tiny", "--health-cmd", "false", "--health-interval", "1s", "--health-retries", "1", "--", "sleep", "1000")
	return h
}

func (h *house) run(tool string, args ...string) string {
	h.t.Helper()
	cmd := exec.Command(filepath.Join(h.bin, tool), args...)
	cmd.Env = h.env
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		h.t.Fatalf("%s %v: %v\n%s", tool, args, err, errs.String())
	}
	return string(out)
}

// serve starts gt-mon serve and returns its URL.
func (h *house) serve() string {
	h.t.Helper()
	cmd := exec.Command(filepath.Join(h.bin, "gt-mon"), "serve", "--listen", "127.0.0.1:0")
	cmd.Env = h.env
	out, err := cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		h.t.Fatal(err)
	}
	return strings.TrimSpace(url)
}

// The page shows containers, curves, events and logs, can be used with keys alone,
// and asks nobody but its own server.
func TestPage(t *testing.T) {
	b := open(t)
	h := begin(t)
	url := h.serve()
	b.call("Page.navigate", map[string]any{"url": url}, nil)
	b.until(`document.getElementById("state").textContent === "3 containers, 3 running"`)
	b.until(`document.querySelector("[data-id=ill]").innerText.includes("running (unhealthy)")`)
	b.until(`document.querySelector("[data-id=web]").innerText.includes("running (healthy)")`)
	// Five curves a container, which grow.
	if have := b.eval(`document.querySelectorAll("[data-id=worker] svg[role=img][aria-label]").length`); have != "5" {
		t.Errorf("have %s curves, need 5", have)
	}
	b.until(`[...document.querySelectorAll("[data-id=worker] polyline")].every(l => l.getAttribute("points").split(" ").length > 14)`)
	b.until(`document.querySelector("[data-id=worker]").cells[2].textContent.match(/[1-9]/) !== null`)
	b.until(`document.getElementById("events").textContent.includes("start")`)
	// Tab goes to the first container, arrows to others, Enter shows the log.
	b.press("Tab", 9)
	b.until(`document.activeElement.dataset.id === "ill"`)
	b.press("ArrowDown", 40)
	b.press("ArrowDown", 40)
	b.press("ArrowUp", 38)
	b.press("ArrowDown", 40)
	b.until(`document.activeElement.dataset.id === "worker"`)
	b.press("Enter", 13)
	b.until(`document.getElementById("logname").textContent === "Log of worker"`)
	b.until(`/job \d+ done/.test(document.getElementById("log").textContent)`)
	// A turn later the choice and the focus are still there.
	before := b.eval(`document.querySelector("[data-id=worker] polyline").getAttribute("points")`)
	b.until(fmt.Sprintf(`document.querySelector("[data-id=worker] polyline").getAttribute("points") !== %q`, before))
	b.until(`document.activeElement.dataset.id === "worker" && document.querySelector("[data-id=worker]").getAttribute("aria-selected") === "true"`)
	b.picture("page.png", 700)
	b.nothingForeign(url)
}

// nothingForeign fails if the page asked another server, or broke.
func (b *browser) nothingForeign(url string) {
	b.t.Helper()
	base, _, _ := strings.Cut(url, "?")
	for _, raw := range b.count("Network.requestWillBeSent") {
		var e struct{ Request struct{ URL string } }
		if json.Unmarshal(raw, &e) == nil && !strings.HasPrefix(e.Request.URL, base) && !strings.HasPrefix(e.Request.URL, "data:") {
			b.t.Errorf("the page asked %s", e.Request.URL)
		}
	}
	for _, kind := range []string{"Runtime.exceptionThrown", "Log.entryAdded"} {
		for _, raw := range b.count(kind) {
			b.t.Errorf("%s: %s", kind, raw)
		}
	}
}

// The terminal view has a line a container and its curves.
func TestTop(t *testing.T) {
	b := open(t)
	h := begin(t)
	for end := time.Now().Add(time.Minute); !strings.Contains(h.run("gt-run", "ps"), "unhealthy"); {
		if time.Now().After(end) {
			t.Fatal("ill is not unhealthy after a minute")
		}
	}
	text := h.run("gt-mon", "top", "--interval", "300ms", "--turns", "25")
	at := strings.LastIndex(text, "NAME")
	if at < 0 {
		t.Fatal(text)
	}
	text = text[at:]
	for _, want := range []string{"worker", "web", "ill", "unhealthy", "CPU %", "PRESSURE %"} {
		if !strings.Contains(text, want) {
			t.Errorf("have no %q in\n%s", want, text)
		}
	}
	if !strings.ContainsAny(text, "▂▃▄▅▆▇█") {
		t.Errorf("have no curve in\n%s", text)
	}
	page := `<body style="margin:0;background:#111"><pre style="color:#ddd;font:15px/1.3 'DejaVu Sans Mono',monospace;padding:1em;margin:0">$ gt-mon top` +
		"\n" + html.EscapeString(text) + "</pre>"
	quoted, err := json.Marshal(page)
	if err != nil {
		t.Fatal(err)
	}
	b.eval("document.write(" + string(quoted) + ")")
	b.picture("top.png", 150)
}
