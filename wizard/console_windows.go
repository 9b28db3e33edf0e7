package wizard

import (
	"os"

	"golang.org/x/sys/windows"
)

// draws reports whether a console follows what moves the cursor and colours (ECMA-48). The classic one in its legacy mode, which an
// administrator may have chosen, and those of before Windows Server 2016 do not: then the wizard asks line by line.
func draws(file *os.File) bool {
	console := windows.Handle(file.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	if mode&windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING != 0 {
		return true
	}
	if windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode) == nil // it is tried, and left as it was
}
