//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package wizard

import "golang.org/x/sys/unix"

// How a terminal's mode is asked for and set (tty(4)).
const (
	getMode         = unix.TIOCGETA
	setMode         = unix.TIOCSETA
	setModeDropping = unix.TIOCSETAF
)
