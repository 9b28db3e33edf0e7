package wizard

import "golang.org/x/sys/unix"

// How a terminal's mode is asked for and set (ioctl_tty(2)).
const (
	getMode         = unix.TCGETS
	setMode         = unix.TCSETS
	setModeDropping = unix.TCSETSF
)
