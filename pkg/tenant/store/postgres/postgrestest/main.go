package postgrestest

import (
	"os"
	"syscall"
	"testing"
)

// Main runs a package's tests and takes the server away, with all that it kept.
func Main(m *testing.M) {
	code := m.Run()
	Stop()
	os.Exit(code)
}

// Stop ends the process's server, if there is one.
func Stop() {
	s := running.Load()
	if s == nil {
		return
	}
	_ = s.command.Process.Signal(syscall.SIGQUIT) // at once: nothing of it is needed any more
	<-s.ended
	_ = os.RemoveAll(s.folder)
}
