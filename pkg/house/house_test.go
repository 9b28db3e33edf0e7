package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "passlysync"

// room is one package as `go list` knows it.
type room struct {
	ImportPath string
	Dir        string
	Doc        string
	Name       string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

// in reports whether the package is below one of the folders.
func (r room) in(folders ...string) bool { return below(r.ImportPath, folders...) }

func below(path string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool {
		return path == module+"/"+folder || strings.HasPrefix(path, module+"/"+folder+"/")
	})
}

func rooms(t *testing.T) []room {
	t.Helper()
	command := exec.Command("go", "list", "-json=ImportPath,Dir,Doc,Name,GoFiles,Imports,Deps", module+"/...")
	var complaints bytes.Buffer
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, complaints.String())
	}
	var all []room
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var r room
		if err := decoder.Decode(&r); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
}

// walls says who must not import what.
var walls = []struct {
	name      string
	from, not []string
}{
	{"pkg knows neither the wizard nor the agent", []string{"pkg"}, []string{"wizard", "agent", "cmd"}},
	{"the wizard does not know the agent", []string{"wizard"}, []string{"agent", "cmd"}},
	{"the agent does not know the wizard", []string{"agent"}, []string{"wizard", "cmd"}},
	{"the tenant knows no Active Directory", []string{"pkg/tenant"}, []string{"pkg/directory/ad", "agent", "wizard"}},
}

func TestWalls(t *testing.T) {
	for _, wall := range walls {
		t.Run(wall.name, func(t *testing.T) {
			for _, r := range rooms(t) {
				if !r.in(wall.from...) {
					continue
				}
				for _, imported := range r.Imports {
					if below(imported, wall.not...) {
						t.Errorf("%s imports %s", r.ImportPath, imported)
					}
				}
			}
		})
	}
}

func TestSyncLinksOnlyWhatItNeeds(t *testing.T) {
	for _, r := range rooms(t) {
		if r.ImportPath != module+"/cmd/passly-sync" {
			continue
		}
		for _, linked := range r.Deps {
			last := linked[strings.LastIndexByte(linked, '/')+1:]
			if below(linked, "pkg/tenant", "pkg/directory/samba", "pkg/needs") || strings.HasPrefix(linked, module) && strings.HasSuffix(last, "test") || linked == "testing" {
				t.Errorf("passly-sync links %s", linked)
			}
		}
	}
}

func TestPlanDoesNoInputOutput(t *testing.T) {
	allowed := []string{
		"crypto/sha256", "encoding/binary", "slices", "sort", "strings", "strconv", "cmp", "math", "time", "errors", "fmt",
		module + "/pkg/control", module + "/pkg/directory",
	}
	for _, r := range rooms(t) {
		if !r.in("agent/plan") {
			continue
		}
		for _, imported := range r.Imports {
			if !slices.Contains(allowed, imported) {
				t.Errorf("%s imports %s", r.ImportPath, imported)
			}
		}
	}
}

func TestEveryRoomSaysWhatItIs(t *testing.T) {
	for _, r := range rooms(t) {
		if len(r.GoFiles) > 0 && r.Doc == "" {
			t.Errorf("%s has no package comment", r.ImportPath)
		}
	}
}

// The engine, and everything else, stays readable: see what aged badly elsewhere.
const (
	longestFile = 400
	longestMain = 40
)

func TestNoFileGrowsTooLong(t *testing.T) {
	for _, r := range rooms(t) {
		for _, name := range r.GoFiles {
			raw, err := os.ReadFile(filepath.Join(r.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			limit := longestFile
			if r.Name == "main" && name == "main.go" {
				limit = longestMain
			}
			if lines := bytes.Count(raw, []byte("\n")); lines > limit {
				t.Errorf("%s/%s has %d lines, at most %d", r.ImportPath, name, lines, limit)
			}
		}
	}
}

func TestTopLevel(t *testing.T) {
	allowed := []string{"cmd", "wizard", "agent", "pkg", "go.mod", "go.sum", "README.md", "LICENSE", "Makefile", "bin", "dist"}
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), ".") && !slices.Contains(allowed, entry.Name()) {
			t.Errorf("%s stands at the top level", entry.Name())
		}
	}
}

func TestReadmeShowsTheRealScreen(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	screen, err := os.ReadFile(filepath.Join("..", "..", "wizard", "testdata", "summary-60.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(readme, bytes.TrimRight(screen, "\n")) {
		t.Error("the README's picture is no longer the wizard's summary at 60 columns; copy wizard/testdata/summary-60.txt")
	}
}
