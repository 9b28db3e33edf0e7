//go:build !windows

package wizard

import "os"

// draws is true: what a terminal cannot do, its TERM says.
func draws(*os.File) bool { return true }
