package wizard

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
)

// grantsFile gets the commands for everything that is lacking; where it is there, one with a number does.
const (
	grantsFile   = "passly-sync-rights"
	grantsEnding = ".txt"
	maxGrants    = 99 // files beside each other
)

func (v *rights) save() {
	path, err := saveNew(grantWords(v.lacking()))
	if err != nil {
		v.problem = &problem.Problem{
			Title: "The commands could not be written", Text: problem.Reason(err) + ".", Hint: "Start setup in a folder that you may write to.",
		}
		return
	}
	v.said = "Written to " + path
}

// saveNew writes text to a new file of this folder and gives its whole path. Setup runs as root, and somebody else may own
// the folder: what is there, a link above all, is neither followed nor overwritten (O_EXCL, open(2)).
func saveNew(text string) (path string, err error) {
	for n := 1; n <= maxGrants; n++ {
		name := grantsFile + grantsEnding
		if n > 1 {
			name = fmt.Sprintf("%s-%d%s", grantsFile, n, grantsEnding)
		}
		if path, err = filepath.Abs(name); err != nil {
			return "", err
		}
		if err = writeNew(path, text); !errors.Is(err, os.ErrExist) {
			return path, err
		}
	}
	return "", err
}

func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// grantWords are rights that are lacking with the commands that grant them, as text.
func grantWords(lack []directory.Right) string {
	var b strings.Builder
	for _, r := range lack {
		fmt.Fprintf(&b, "%s%s\n  %s\n", terminal.Plain(r.Title), only(r), terminal.Plain(r.Means))
		for _, g := range r.Grant {
			fmt.Fprintf(&b, "\n  %s:\n", terminal.Plain(g.Tool))
			for _, c := range g.Commands {
				fmt.Fprintf(&b, "    %s\n", terminal.Plain(c))
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func only(r directory.Right) string {
	if r.Only == "" {
		return ""
	}
	return ", only for " + terminal.Plain(r.Only)
}
