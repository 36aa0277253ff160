// Images makes the container images that the engines' suites run: busybox,
// and this program under the names that critest expects to find.
//
//	images archive FILE NAME   an OCI layout and docker-archive of busybox
//	images serve ADDR          a read-only registry with all of them
//
// Inside an image it is nginx, httpd, ipcs, nonewprivs or pause, by the name it is
// called by.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
)

func main() {
	if err := run(filepath.Base(os.Args[0]), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "images:", err)
		os.Exit(1)
	}
}

func run(name string, args []string) error {
	switch name {
	case "pause":
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGINT, syscall.SIGTERM)
		<-c
		return nil
	case "ipcs":
		text, err := os.ReadFile("/proc/sysvipc/shm")
		fmt.Print(string(text))
		return err
	case "nonewprivs":
		fmt.Printf("Effective uid: %d\n", os.Geteuid())
		return nil
	case "nginx":
		return page(port(args))
	case "httpd":
		fmt.Println("httpd -D FOREGROUND")
		return page("80")
	}
	switch {
	case len(args) == 3 && args[0] == "archive":
		return archive(args[1], args[2])
	case len(args) == 2 && args[0] == "serve":
		return serve(args[1])
	}
	return fmt.Errorf("need archive FILE NAME, or serve ADDR")
}

// port is the last argument: nginx is started as a command line in which
// critest looks for "master process".
func port(args []string) string {
	if len(args) == 0 {
		return "80"
	}
	return args[len(args)-1]
}

// page serves one page, with the PID where nginx keeps it.
func page(port string) error {
	if err := os.WriteFile("/var/run/nginx.pid", []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
		return err
	}
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT)
	go func() {
		<-c
		os.Exit(0)
	}()
	return http.ListenAndServe(":"+port, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "It works!")
	}))
}
