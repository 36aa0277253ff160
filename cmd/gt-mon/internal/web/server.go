// Package web answers a few GET requests over a loopback or unix socket. net/http
// would make every monitor larger by 0.3 MB, whether it serves or not; what a
// page and a scraper need is one request a connection.
package web

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Request is what a route may know. Query has the parameters of the URL.
type Request struct {
	Path  string
	Query map[string]string
}

// An Answer is what a route says.
type Answer struct {
	Status int
	Type   string
	Body   []byte
}

// A Server has one socket. Open routes need no token.
type Server struct {
	Route func(r *Request) Answer
	Open  func(path string) bool
	Token string // empty on a unix socket: its mode keeps others out
	URL   string
	fd    int
	path  string
}

// Listen makes the socket: ADDRESS:PORT of the loopback, or unix:PATH.
func Listen(where string) (*Server, error) {
	if path, ok := strings.CutPrefix(where, "unix:"); ok {
		return listenUnix(path)
	}
	at, err := netip.ParseAddrPort(where)
	if err != nil || !at.Addr().IsLoopback() {
		return nil, fail.Usage("--listen: have %q, need unix:PATH or an address of the loopback as 127.0.0.1:9323", where)
	}
	family, sa := unix.AF_INET, unix.Sockaddr(nil)
	if at.Addr().Is6() {
		family, sa = unix.AF_INET6, &unix.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()}
	} else {
		sa = &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	s := &Server{fd: fd}
	err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err == nil {
		err = unix.Bind(fd, sa)
	}
	if err == nil {
		err = unix.Listen(fd, 64)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, &fail.Error{Op: "listen on " + where, Cause: err}
	}
	return s, s.secret(at)
}

// secret makes the token and the URL. Port 0 is known only now.
func (s *Server) secret(at netip.AddrPort) error {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return err
	}
	s.Token = hex.EncodeToString(b[:])
	sa, err := unix.Getsockname(s.fd)
	if err != nil {
		return err
	}
	port := at.Port()
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		port = uint16(sa.Port)
	case *unix.SockaddrInet6:
		port = uint16(sa.Port)
	}
	s.URL = "http://" + netip.AddrPortFrom(at.Addr(), port).String() + "/?token=" + s.Token
	return nil
}

func listenUnix(path string) (*Server, error) {
	if len(path) > 107 {
		return nil, fail.Usage("--listen: have a path of %d bytes, need at most 107", len(path))
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	err = unix.Fchmod(fd, 0o600)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrUnix{Name: path})
	}
	if err == nil {
		err = unix.Listen(fd, 64)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, &fail.Error{Op: "listen on " + path, Cause: err}
	}
	return &Server{fd: fd, path: path, URL: "unix:" + path}, nil
}

// Close removes the socket.
func (s *Server) Close() {
	_ = unix.Close(s.fd)
	if s.path != "" {
		_ = os.Remove(s.path)
	}
}

// Serve answers until it fails. busy bounds the connections at a time.
func (s *Server) Serve() error {
	busy := make(chan struct{}, 32)
	for {
		fd, _, err := unix.Accept4(s.fd, unix.SOCK_CLOEXEC)
		if err == unix.EINTR || err == unix.ECONNABORTED {
			continue
		}
		if err != nil {
			return &fail.Error{Op: "accept", Cause: err}
		}
		busy <- struct{}{}
		go func() {
			defer func() { <-busy }()
			defer unix.Close(fd)
			s.connection(fd)
		}()
	}
}

// connection answers one request. A client has ten seconds for each step.
func (s *Server) connection(fd int) {
	limit := unix.Timeval{Sec: 10}
	if unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit) != nil ||
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &limit) != nil {
		return
	}
	var have []byte
	buf := make([]byte, 4096)
	for !strings.Contains(string(have), "\r\n\r\n") {
		n, err := unix.Read(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 || len(have) > 16<<10 {
			return
		}
		have = append(have, buf[:n]...)
	}
	send(fd, s.answer(string(have)))
}

// answer reads the request and asks the route.
func (s *Server) answer(text string) Answer {
	lines := strings.Split(text, "\r\n")
	word := strings.Fields(lines[0])
	if len(word) != 3 || !strings.HasPrefix(word[2], "HTTP/1.") {
		return Plain(400, "need an HTTP request")
	}
	if word[0] != "GET" {
		return Plain(405, "need GET")
	}
	r := parse(word[1])
	headers := map[string]string{}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		headers[strings.ToLower(name)] = strings.TrimSpace(value)
	}
	if s.Token != "" {
		// A page elsewhere may point its own name at the loopback.
		if !local(headers["host"]) {
			return Plain(403, "need the loopback as host")
		}
		given := r.Query["token"]
		if given == "" {
			given = strings.TrimPrefix(headers["authorization"], "Bearer ")
		}
		if !s.Open(r.Path) && subtle.ConstantTimeCompare([]byte(given), []byte(s.Token)) != 1 {
			return Plain(403, "need the token that gt-mon serve printed")
		}
	}
	return s.Route(r)
}

func local(host string) bool {
	if at, err := netip.ParseAddrPort(host); err == nil {
		return at.Addr().IsLoopback()
	}
	name, _, _ := strings.Cut(host, ":")
	return name == "localhost"
}

func parse(target string) *Request {
	path, query, _ := strings.Cut(target, "?")
	r := &Request{Path: path, Query: map[string]string{}}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		r.Query[name] = value
	}
	return r
}

// Plain is a sentence.
func Plain(status int, text string) Answer {
	return Answer{status, "text/plain; charset=utf-8", []byte(text + "\n")}
}

var reasons = map[int]string{200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 500: "Internal Server Error"}

func send(fd int, a Answer) {
	head := "HTTP/1.1 " + strconv.Itoa(a.Status) + " " + reasons[a.Status] + "\r\nContent-Type: " + a.Type +
		"\r\nContent-Length: " + strconv.Itoa(len(a.Body)) + "\r\nConnection: close\r\nCache-Control: no-store" +
		"\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nX-Frame-Options: DENY" +
		"\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:\r\n\r\n"
	for b := append([]byte(head), a.Body...); len(b) > 0; {
		n, err := unix.SendmsgN(fd, b, nil, nil, unix.MSG_NOSIGNAL)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return
		}
		b = b[n:]
	}
}
