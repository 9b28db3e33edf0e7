//go:build linux

package endtoend

import (
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// hunt looks for secrets wherever something of the product can be read.
type hunt struct {
	l       *lab
	secrets map[string]string              // secret → what it is
	allowed func(path, secret string) bool // a file that may hold one; nil: none may
}

// in looks in a text, also for what is written as base64.
func (h hunt) in(where, text string) {
	h.l.Helper()
	for secret, what := range h.secrets {
		for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret))} {
			if strings.Contains(text, form) {
				h.l.Errorf("%s: %s is there", where, what)
				break
			}
		}
	}
}

// files looks in every file below folders, but for the files by which secrets were given.
func (h hunt) files(folders ...string) (looked int) {
	h.l.Helper()
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			given := strings.HasSuffix(path, "-password") || strings.HasSuffix(path, ".key")
			if err != nil || !entry.Type().IsRegular() || given {
				return err
			}
			raw, err := os.ReadFile(path)
			looked++
			h.inFile(path, string(raw))
			return err
		})
		if err != nil {
			h.l.Fatal(err)
		}
	}
	return looked
}

func (h hunt) inFile(path, text string) {
	h.l.Helper()
	if h.allowed == nil {
		h.in(path, text)
		return
	}
	narrower := hunt{l: h.l, secrets: map[string]string{}}
	for secret, what := range h.secrets {
		if !h.allowed(path, secret) {
			narrower.secrets[secret] = what
		}
	}
	narrower.in(path, text)
}

// processes looks at what everybody on the machine can see of the product's processes that run now.
func (h hunt) processes() (looked int) {
	h.l.Helper()
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		h.l.Fatal(err)
	}
	for _, process := range all {
		program, err := os.Readlink(filepath.Join(process, "exe"))
		if err != nil || filepath.Dir(program) != h.l.bin {
			continue
		}
		looked++
		for _, file := range []string{"cmdline", "environ"} {
			raw, _ := os.ReadFile(filepath.Join(process, file)) // it may have ended
			h.in(filepath.Base(program)+"'s "+file, string(raw))
		}
	}
	return looked
}

// logs looks at what the agent and the tenant have logged.
func (h hunt) logs() {
	h.l.Helper()
	h.in("the agent's log", h.l.agent.log.String())
	h.in("the tenant's log", h.l.tenant.log.String())
}
