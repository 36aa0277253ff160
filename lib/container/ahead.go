package container

// ahead is what a create does beside the birth of the process: while the kernel
// makes namespaces and loads gt-init, this thread can only wait.
type ahead struct {
	done chan error
	err  error
}

// begin starts the work.
func (a *ahead) begin(work func() error) {
	a.done = make(chan error, 1)
	go func() { a.done <- work() }()
}

// join waits for its end and returns its error, again and again.
func (a *ahead) join() error {
	if a.done != nil {
		a.err = <-a.done
		a.done = nil
	}
	return a.err
}
