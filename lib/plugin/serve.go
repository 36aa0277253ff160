package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// Serve answers requests on stdin until it is closed, then stops and cleans up
// what was started, and ends the process: with 0, or with 1 if the stream
// broke. What the plugin prints to os.Stdout goes to stderr, which gt-plugin
// keeps as its log.
func Serve(p Plugin) {
	out := os.Stdout
	os.Stdout = os.Stderr
	if err := ServeOn(p, os.Stdin, out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // a plugin has no lib/tool
	}
	os.Exit(0) //nolint:forbidigo // as above
}

// ServeOn is Serve on other streams and without the exit.
func ServeOn(p Plugin, in io.Reader, out io.Writer) error {
	s := &server{plugin: p, out: out, events: make(chan Request, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		// Events wait for each other, and no other call waits for them.
		for r := range s.events {
			s.reply(r, s.guard(ctx, r))
		}
		close(done)
	}()
	err := s.loop(ctx, NewLines(in))
	cancel()
	close(s.events)
	<-done
	return errors.Join(err, s.end(), s.broken)
}

type server struct {
	plugin  Plugin
	out     io.Writer
	lock    sync.Mutex // of out and broken
	broken  error
	events  chan Request
	ready   bool // initialized and not cleaned up
	running bool
}

func (s *server) loop(ctx context.Context, lines *Lines) error {
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read request: %w", err)
		}
		r, err := DecodeRequest(line)
		if err != nil {
			s.send(Response{ID: json.RawMessage("null"), Error: &Error{CodeParse, "decode request: " + err.Error()}})
			continue
		}
		if r.JSONRPC != "2.0" || r.Method == "" {
			s.reply(*r, answer{err: &Error{CodeRequest, "need jsonrpc \"2.0\" and a method"}})
			continue
		}
		if r.Method == MethodEvent {
			s.events <- *r
			continue
		}
		s.reply(*r, s.guard(ctx, *r))
	}
}

type answer struct {
	result any
	err    error
}

// guard turns a panic of the plugin into an error of this call.
func (s *server) guard(ctx context.Context, r Request) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			a = answer{err: &Error{CodeInternal, fmt.Sprintf("%s: panic: %v", r.Method, p)}}
		}
	}()
	result, err := s.dispatch(ctx, r.Method, r.Params)
	return answer{result, err}
}

// reply answers a request; a notification, which has no id, gets none.
func (s *server) reply(r Request, a answer) {
	if len(r.ID) == 0 {
		return
	}
	out := Response{ID: r.ID}
	if a.err != nil {
		out.Error = &Error{CodeFailed, a.err.Error()}
		var e *Error
		if errors.As(a.err, &e) {
			out.Error = e
		}
		s.send(out)
		return
	}
	b, err := json.Marshal(a.result)
	if err != nil {
		out.Error = &Error{CodeInternal, "encode result: " + err.Error()}
	}
	out.Result = b
	s.send(out)
}

func (s *server) send(r Response) {
	r.JSONRPC = "2.0"
	b, err := json.Marshal(r)
	s.lock.Lock()
	defer s.lock.Unlock()
	if err == nil {
		_, err = s.out.Write(append(b, '\n'))
	}
	if err != nil && s.broken == nil {
		s.broken = fmt.Errorf("write answer: %w", err)
	}
}

// end is for a caller that has gone without stop and cleanup.
func (s *server) end() error {
	ctx := context.Background()
	var err error
	if s.running {
		err = s.plugin.Stop(ctx)
	}
	if s.ready {
		err = errors.Join(err, s.plugin.Cleanup(ctx))
	}
	return err
}
