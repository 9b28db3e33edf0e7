package postgrestest

import (
	"os"
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
	_ = s.command.Process.Signal(os.Interrupt) // fast, without waiting for connections
	<-s.ended
	_ = os.RemoveAll(s.folder)
}
