package host

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// channel names the pipe after the state folder, whose path is not case-sensitive.
func channel(state string) string {
	mark := sha256.Sum256([]byte(strings.ToLower(state)))
	return `\\.\pipe\passly-sync-` + hex.EncodeToString(mark[:6])
}

func defaultState() (string, error) {
	folder, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, 0)
	return filepath.Join(folder, "Passly Sync"), err
}
