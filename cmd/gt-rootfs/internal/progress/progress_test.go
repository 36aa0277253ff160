package progress

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// What each form says of a half that is done, and of a size nobody knows.
func TestForms(t *testing.T) {
	for _, c := range []struct {
		form        string
		done, total int64
		want        string
	}{
		{Auto, 50 << 20, 100 << 20, "\r\x1b[Kx [" + strings.Repeat("=", 15) + strings.Repeat(" ", 15) + "] 50 of 100 MB, 50%"},
		{Auto, 200 << 20, 100 << 20, "\r\x1b[Kx [" + strings.Repeat("=", 30) + "] 200 of 100 MB, 100%"},
		{Auto, 7 << 20, 0, "\r\x1b[Kx 7 MB"},
		{Plain, 50 << 20, 100 << 20, "gt-rootfs: x: 50 of 100 MB, 50% after 0 s\n"},
	} {
		m := Start(None, "x", nil)
		m.form = c.form
		m.Expect(c.total)
		m.Add(c.done)
		if have := m.text(); have != c.want {
			t.Errorf("%s: have %q, need %q", c.form, have, c.want)
		}
	}
}

// A name with anything in it stays one object a line.
func TestJSON(t *testing.T) {
	m := Start(None, "a\"b\n\x1b", nil)
	m.form = JSON
	m.Watch(func() int64 { return 3 })
	var have struct {
		Source string
		Done   int64
	}
	if err := json.Unmarshal([]byte(m.text()), &have); err != nil || have.Source != "a\"b\n\x1b" || have.Done != 3 {
		t.Errorf("have %q: %v", m.text(), err)
	}
}

// Short work says nothing, whatever the form.
func TestShort(t *testing.T) {
	for form := range between {
		var said bytes.Buffer
		Start(form, "x", &said).Stop()
		if said.Len() > 0 {
			t.Errorf("%s: have %q", form, said.String())
		}
	}
}
