package scene

import "testing"

func TestParseMount(t *testing.T) {
	m, ok := parseMount("69 45 254:0 /a\\040b /c\\134d ro,relatime shared:1 - ext4 /dev/vda rw,discard\n")
	if !ok || m.ID != 69 || m.Parent != 45 || m.Dev != "254:0" || m.Root != "/a b" || m.Point != `/c\d` || m.Options != "ro,relatime" || m.Type != "ext4" || m.Super != "rw,discard" {
		t.Errorf("have %+v, %v", m, ok)
	}
	for _, bad := range []string{"", "69 45", "x 45 254:0 / / rw - ext4 a", "69 45 254:0 / / rw ext4 a"} {
		if _, ok := parseMount(bad); ok {
			t.Errorf("took %q", bad)
		}
	}
}

func FuzzParseMount(f *testing.F) {
	f.Add("69 45 254:0 / / ro,relatime - ext4 /dev/vda rw")
	f.Fuzz(func(_ *testing.T, line string) { parseMount(line) })
}

func TestForeign(t *testing.T) {
	host := []Mount{{Dev: "0:22", Type: "sysfs", Root: "/", Point: "/sys"}, {Dev: "0:6", Type: "devtmpfs", Root: "/", Point: "/dev"}}
	inside := []Mount{
		{Point: "/", Type: "ext4", Dev: "254:0"},
		{Point: "/proc", Type: "proc", Dev: "0:41", Root: "/"},
		{Point: "/sys", Type: "sysfs", Dev: "0:22", Root: "/"},
		{Point: "/data", Type: "ext4", Dev: "254:0", Root: "/srv"},
		{Point: "/proc/keys", Type: "devtmpfs", Dev: "0:6", Root: "/null"},
		{Point: "/tmp", Type: "tmpfs", Dev: "0:99", Root: "/"},
	}
	got := ""
	for _, m := range Foreign(inside, host) {
		got += m.Point + " "
	}
	if want := "/data /proc/keys "; got != want {
		t.Errorf("have %q, need %q", got, want)
	}
}
