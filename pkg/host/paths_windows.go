package host

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf16"

	"golang.org/x/sys/windows"

	"passlysync/pkg/problem"
)

// longestState is how long the path of a state folder may be. Not all that works on files below it, such as the mirror's engine, knows paths of
// more than 260 characters (MAX_PATH), and the names there need their part of those.
const longestState = 200

func checkLength(state string) error {
	if len(utf16.Encode([]rune(state))) <= longestState {
		return nil
	}
	return &problem.Problem{
		Code: problem.Invalid, Title: "The path of the state folder is too long", Text: state + " has more than " + strconv.Itoa(longestState) + " characters.",
		Hint: "Choose a folder with a shorter path by --state, or leave it out.", Op: "finding the state folder",
	}
}

// channel names the pipe after the state folder, whose path is not case-sensitive.
func channel(state string) string {
	mark := sha256.Sum256([]byte(strings.ToLower(state)))
	return `\\.\pipe\passly-sync-` + hex.EncodeToString(mark[:6])
}

func defaultState() (string, error) {
	folder, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, 0)
	return filepath.Join(folder, "Passly Sync"), err
}
