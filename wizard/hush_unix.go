//go:build unix

package wizard

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// hush is a terminal whose own echo and line editing can be turned off: then nothing is shown that was typed or pasted
// before it was asked for. The keys that end or suspend a program still do.
type hush struct {
	fd     int
	before unix.Termios
}

func newHush(fd int) (*hush, error) {
	before, err := unix.IoctlGetTermios(fd, getMode)
	if err != nil {
		return nil, fmt.Errorf("looking at the terminal: %w", err)
	}
	return &hush{fd, *before}, nil
}

// on turns echo and line editing off (termios(3)).
func (h *hush) on() error {
	mode := h.before
	mode.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.IEXTEN
	mode.Iflag |= unix.ICRNL
	mode.Cc[unix.VMIN], mode.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(h.fd, setMode, &mode); err != nil {
		return fmt.Errorf("keeping the terminal from showing passwords: %w", err)
	}
	return nil
}

// off makes the terminal what it was, and drops what nobody has read: it may be a password, and a shell would show it.
func (h *hush) off() { _ = unix.IoctlSetTermios(h.fd, setModeDropping, &h.before) }

// follow gives the terminal back while the program is suspended (Ctrl+Z), and takes it again when it goes on; then again
// is called. stop ends that.
func (h *hush) follow(again func()) (stop func()) {
	news := make(chan os.Signal, 4)
	signal.Notify(news, syscall.SIGTSTP, syscall.SIGCONT)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for s := range news {
			if s == syscall.SIGTSTP {
				h.off()
				_ = syscall.Kill(syscall.Getpid(), syscall.SIGSTOP)
				continue
			}
			_ = h.on()
			again()
		}
	}()
	return func() {
		signal.Stop(news)
		close(news)
		<-ended
	}
}
