package main

import (
	"os"
	"testing"
)

// applets: every applet shows one behaviour at least. Scripts run with the
// applets first in PATH.
var applets = []struct{ script, out string }{
	{`true && echo ok; false || echo no`, "ok\nno\n"},
	{`env echo -n a; env echo -e 'b\tc'; /bin/true; env printf '%03d\n' 7`, "ab\tc\n007\n"},
	{`printf 'a\nb' >f; cat f - <f; cat nosuch 2>&1; echo $?`, "a\nba\nbcat: nosuch: no such file or directory\n1\n"},
	{`mkdir d; touch d/b d/a d/.h; ls d; ls -a d; ls -A d`, "a\nb\n.\n..\n.h\na\nb\n.h\na\nb\n"},
	{`touch f; chown 5:6 f; chmod 4751 f; ls -ln f | cut -c1-10; ls -n f | tr -s ' ' | cut -d' ' -f3,4`, "-rwsr-x--x\n5 6\n"},
	{`ln -s x l; ls -l l | grep -o 'l -> x'; ls nosuch 2>&1; echo $?`, "l -> x\nls: nosuch: no such file or directory\n1\n"},
	{`id -u; id -g; id -un; whoami`, "0\n0\nroot\nroot\n"},
	{`env -i a=1 b=2 "$(which env)"; env -u HOME printenv HOME; echo $?; x=5 printenv x`, "a=1\nb=2\n1\n5\n"},
	{`env nosuchcommand 2>/dev/null; echo $?`, "127\n"},
	{`[ "$(hostname)" = "$(uname -n)" ] && echo same; uname -s`, "same\nLinux\n"},
	{`cd /usr; env pwd`, "/usr\n"},
	{`sleep 0.01 && echo slept; sleep x 2>/dev/null; echo $?`, "slept\n2\n"},
	{`ps | grep -c "sh -c"`, "*"},
	{`mount | grep -c proc`, "*"},
	{`mkdir -p a/b/c; mkdir a 2>&1; echo $?; mkdir -m 711 m; stat -c %a m; rmdir -p a/b/c; ls`, "mkdir: a: file exists\n1\n711\nm\n"},
	{`mkdir -p d/e; touch d/e/f; rm d 2>&1; rm -rf d nosuch; echo $?; rm nosuch 2>/dev/null; echo $?; rm -r . 2>/dev/null; echo $?`, "rm: d: is a directory\n0\n1\n1\n"},
	{`mkdir -p s/d; echo x >s/d/f; ln -s f s/d/l; chmod 600 s/d/f; touch -d 2001-02-03T04:05:06Z s/d/f; cp -a s t; readlink t/d/l; stat -c '%a %Y' t/d/f; cat t/d/f`, "f\n600 981173106\nx\n"},
	{`echo 1 >a; cp a b; cat b; mkdir d; cp a b d; ls d; cp a nosuch/x 2>&1; cp d e 2>&1; cp a a 2>&1`, "1\na\nb\ncp: a: nosuch/x: no such file or directory\ncp: d: is a directory, need -r\ncp: a: is the same file as a\n"},
	{`echo 1 >a; mv a b; mkdir d; mv b d; ls . d; mv -n d/b x; cat x`, ".:\nd\n\nd:\nb\n1\n"},
	{`echo 1 >a; ln a b; stat -c %h a; ln -s a l; readlink l; ln -sf b l; readlink l; mkdir d; ln -s /x d; readlink d/x; readlink -f l | grep -c '/b$'`, "2\na\nb\n/x\n1\n"},
	{`touch f; chmod 644 f; chmod u+x,g-r,o=rw f; stat -c %a f; chmod a+X,+t f; stat -c '%a %A' f; chmod q f 2>/dev/null; echo $?`, "706\n1717 -rwx--xrwt\n1\n"},
	{`mkdir d; touch d/f; chown -R 7:8 d; stat -c %u:%g d d/f; chown nobody d/f; stat -c %U d/f`, "7:8\n7:8\nnobody\n"},
	{`printf abc >f; stat -c '%n %s %F' f / 2>/dev/null; stat -c '%t %T %F' /dev/null`, "f 3 regular file\n/ 4096 directory\n1 3 character special file\n"},
	{`seq 20 | head -n 2; seq 20 | tail -n 2; seq 5 | tail -n +4; printf abc | head -c 2; printf abc | tail -c 1; seq 3 | head -1`, "1\n2\n19\n20\n4\n5\nabc1\n"},
	{`printf 'a b\nc\n' | wc; printf 'a b\nc\n' >f; wc -l f; wc -c <f`, "2 3 6\n2 f\n6\n"},
	{
		`printf 'foo\nBar\nbaz\n' >f; grep -n ba f; grep -ci BA f; grep -v o f; grep -q foo f; echo $?; grep -q nope f; echo $?; grep -E 'o+$' f; grep 'fo\+' f; grep -F . f; grep x nosuch 2>/dev/null; echo $?; grep -o 'a.' f; grep -l z f; grep -w ba f`,
		"3:baz\n2\nBar\nbaz\n0\n1\nfoo\nfoo\n2\nar\naz\nf\n",
	},
	{`seq 2 2 6; seq 3 -1 1`, "2\n4\n6\n3\n2\n1\n"},
	{`env test -d / && echo d; env [ a = b ]; echo $?; env test 1 -eq x 2>/dev/null; echo $?; env [ a 2>/dev/null; echo $?`, "d\n1\n2\n2\n"},
	{`sleep 9 & env kill -9 $!; wait $!; echo $?; env kill -l | head -1; env kill -x 1 2>/dev/null; echo $?`, "137\n 1) HUP\n2\n"},
	{`printf abcdef >i; dd if=i of=o bs=2 skip=1 count=1 status=none; cat o; dd if=i of=o bs=1 seek=2 conv=notrunc status=none; cat o`, "cdcdabcdef"},
	{`dd if=/dev/zero of=z bs=1k count=3 2>&1; stat -c %s z; sync; sync z; echo $?`, "3+0 records\n3072 bytes copied\n3072\n0\n"},
	{`mknod n c 1 3; stat -c '%t %T' n; echo x >n; mknod p p; mkfifo -m 600 q; stat -c '%F %a' q; mknod z c 1 2>/dev/null; echo $?`, "1 3\nfifo 600\n2\n"},
	{`tty </dev/null; echo $?; stty size </dev/null 2>/dev/null; echo $?`, "not a tty\n1\n1\n"},
	{`[ $(nproc) -ge 1 ] && echo some`, "some\n"},
	{`date -u -d @0 '+%Y-%m-%d %H:%M:%S %j %a'; date -u -d @0`, "1970-01-01 00:00:00 001 Thu\nThu Jan  1 00:00:00 UTC 1970\n"},
	{`basename /a/b.c .c; basename /; dirname /a/b/ x /; dirname a/b`, "b\n/\n/a\n.\n/\na\n"},
	{`yes ab | head -n 2; echo x | tee f g; cat f g; echo y | tee -a f >/dev/null; cat f`, "ab\nab\nx\nx\nx\nx\ny\n"},
	{`printf 'b 2\na 10\nc 1\n' >f; sort f; sort -k2 -n f; sort -r f | head -1; printf '1\n1\n2\n' | sort -u; printf 'b:1\na:2\n' | sort -t: -k2 -r`, "a 10\nb 2\nc 1\nc 1\nb 2\na 10\nc 1\n1\n2\na:2\nb:1\n"},
	{`printf 'a\na\nb\n' | uniq; printf 'a\na\nb\n' | uniq -c; printf 'a\na\nb\n' | uniq -d`, "a\nb\n      2 a\n      1 b\na\n"},
	{`printf 'a:b:c\nx\n' | cut -d: -f1,3; printf 'a:b\nx\n' | cut -s -d: -f2; echo abcdef | cut -c2-3,5-`, "a:c\nx\nb\nbcef\n"},
	{`echo hello | tr a-y b-z; echo aabb | tr -s ab; echo a1b2 | tr -d 0-9; echo a1 | tr -cd '[:digit:]'; echo Ab | tr '[:lower:]' '[:upper:]'`, "ifmmp\nab\nab\n1AB\n"},
	{
		`echo 1 2 3 | xargs -n2 echo x; printf 'a b\nc\n' | xargs -I {} echo '<{}>'; echo "'q w' e" | xargs -n1; printf 'a\0b c\0' | xargs -0 -n1; echo x | xargs false; echo $?; xargs -r echo no </dev/null`,
		"x 1 2\nx 3\n<a b>\n<c>\nq w\ne\na\nb c\n123\n",
	},
	{
		`mkdir -p d/e; touch d/a.c d/e/b.c d/e/x; find d -name '*.c'; find d -type d; find d -maxdepth 1 -type f; find d -name x -exec echo got {} \;; find d -path '*e/b*' -delete; find d -type f; find d -perm -4000; find nosuch 2>/dev/null; echo $?`,
		"d/a.c\nd/e/b.c\nd\nd/e\nd/a.c\ngot d/e/x\nd/a.c\nd/e/x\n1\n",
	},
	{`which nosuchcommand; echo $?; which sh | grep -c /sh`, "1\n1\n"},
	{`df / | tail -1 | grep -c '%'; free | grep -c Mem`, "1\n1\n"},
	{`ip addr | grep -o '127.0.0.1/8'; ip link | grep -c LOOPBACK; ip nosuch 2>/dev/null; echo $?`, "127.0.0.1/8\n1\n2\n"},
	{`caps | cut -d: -f1 | head -6 | tr '\n' ' '`, "CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs "},
	{`exec 7</dev/null; fds | grep '^7 '`, "7 /dev/null\n"},
	{
		`probe connect-abstract gt-box-nobody; echo $?; probe mem 2; probe fork 2; probe pty; probe syscall chroot; probe syscall nosuch 2>/dev/null; echo $?; probe open /nosuch; probe open /dev/null w`,
		"ECONNREFUSED\n1\nok\n2 ok\nok\nok\n2\nENOENT\nok\n",
	},
	{`mktemp -d ./tXXXXXX | cut -c1-2; touch -- -x; ls -- -x`, "./\n-x\n"},
	{`echo x >/dev/full; echo $?; seq 3 2>/dev/null >/dev/full; echo $?`, "1\n1\n"},
}

func TestApplets(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: owners and devices are made")
	}
	for _, c := range applets {
		r := sh(t, c.script)
		if c.out == "*" {
			if r.status != 0 || r.out == "" || r.out == "0\n" {
				t.Errorf("%s\n got %q, status %d, stderr %q", c.script, r.out, r.status, r.err)
			}
			continue
		}
		if r.out != c.out {
			t.Errorf("%s\n got %q\nwant %q\nstderr %q", c.script, r.out, c.out, r.err)
		}
	}
}

// TestMountApplet mounts in a mount namespace of its own.
func TestMountApplet(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to mount")
	}
	if r := sh(t, `probe syscall unshare`); r.status != 0 {
		t.Skip("needs new mount namespaces: " + r.out)
	}
	r := runIn(t, t.TempDir(), "", "unshare", "-m", box+"/sh", "-c", `mkdir a b; mount -t tmpfs -o size=1m,mode=700,nodev t a &&
		stat -c %a a && mount | grep -c "/a type tmpfs" && touch a/f && mount --bind a b && ls b && mount -o remount,bind,ro b &&
		touch b/g; umount b && umount a && ls a`)
	if want := "700\n1\nf\n"; r.out != want {
		t.Errorf("got %q, want %q; stderr %q", r.out, want, r.err)
	}
}
