//go:build unix

package vault

import (
	"fmt"
	"os"
	"syscall"
)

// private refuses what belongs to another account or lets others in.
func private(path string, info os.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || stat.Uid != uint32(os.Geteuid()) {
		return unusable(path+" belongs to another account", "A credential there could be another's.",
			"Run as the account that owns it, or give it to this one (chown).", nil)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 || info.Mode()&os.ModeSymlink != 0 {
		return unusable(fmt.Sprintf("%s can be reached by other accounts (mode %04o)", path, mode),
			"What was stored there must count as read by others.",
			"Remove it and run “passly-sync setup” again; the old key is replaced.", nil)
	}
	return nil
}
