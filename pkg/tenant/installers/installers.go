// Package installers lists the files from which an agent is installed, as an administrator of the tenant put them into its
// installer folder, and hands them out.
//
// What always holds: only plain files directly in the folder count, never hidden ones, links or what is below; a name that is
// asked for cannot lead out of it. A checksum belongs to the very bytes that stand there: a file that changed is summed anew.
package installers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"passlysync/pkg/tenant"
)

// most bounds the list.
const most = 100

// Installer is one file.
type Installer struct {
	Name     string
	Platform string // in words: "Windows Server, 64 bit"
	Version  string // as its name says; may be empty
	Size     int64  // bytes
	SHA256   string // hexadecimal
	Changed  time.Time
}

// Folder is the installer folder. It need not exist: then there are none.
type Folder struct {
	path string

	mu   sync.Mutex
	sums map[string]Installer // by name, of files as they were when summed
}

// In gives the folder at a path.
func In(path string) *Folder { return &Folder{path: path, sums: map[string]Installer{}} }

// Path is where the folder is.
func (f *Folder) Path() string { return f.path }

// List gives every installer, for Windows first, then by name.
func (f *Folder) List(ctx context.Context) ([]Installer, error) {
	entries, err := os.ReadDir(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing the installers: %w", err)
	}
	var all []Installer
	for _, e := range entries {
		if !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") || len(all) == most {
			continue
		}
		one, err := f.describe(ctx, e)
		if errors.Is(err, fs.ErrNotExist) {
			continue // taken away meanwhile
		}
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b Installer) int {
		return strings.Compare(order(a), order(b))
	})
	return all, nil
}

func order(i Installer) string {
	if strings.HasPrefix(i.Platform, "Windows") {
		return "0" + i.Name
	}
	return "1" + i.Name
}

// describe sums a file, unless it is as it was.
func (f *Folder) describe(ctx context.Context, e fs.DirEntry) (Installer, error) {
	info, err := e.Info()
	if err != nil {
		return Installer{}, fmt.Errorf("looking at %s: %w", e.Name(), err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.sums[e.Name()]; ok && known.Size == info.Size() && known.Changed.Equal(info.ModTime()) {
		return known, nil
	}
	file, one, err := f.Open(e.Name())
	if err != nil {
		return Installer{}, err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, until{ctx, file}); err != nil {
		return Installer{}, fmt.Errorf("summing %s: %w", e.Name(), err)
	}
	one.SHA256 = hex.EncodeToString(sum.Sum(nil))
	f.sums[e.Name()] = one
	return one, nil
}

// until reads until ctx ends.
type until struct {
	ctx  context.Context
	from io.Reader
}

func (u until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.from.Read(p)
}

// Open opens an installer by its name; the caller closes it. What is none is tenant.NotFound. SHA256 is left empty.
func (f *Folder) Open(name string) (*os.File, Installer, error) {
	if strings.HasPrefix(name, ".") || strings.ContainsAny(name, `/\`) {
		return nil, Installer{}, tenant.NotFound("installer")
	}
	root, err := os.OpenRoot(f.path)
	if err != nil {
		return nil, Installer{}, tenant.NotFound("installer")
	}
	defer root.Close()
	if info, err := root.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return nil, Installer{}, tenant.NotFound("installer")
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, Installer{}, fmt.Errorf("opening an installer: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, Installer{}, fmt.Errorf("looking at an installer: %w", err)
	}
	return file, Installer{
		Name: name, Platform: platform(name), Version: version.FindString(name), Size: info.Size(), Changed: info.ModTime(),
	}, nil
}

var version = regexp.MustCompile(`\d+\.\d+(\.\d+)?`)

// platform reads from a file's name what it is for.
func platform(name string) string {
	name = strings.ToLower(name)
	width := ""
	switch {
	case strings.Contains(name, "arm64"), strings.Contains(name, "aarch64"):
		width = ", ARM 64 bit"
	case strings.Contains(name, "amd64"), strings.Contains(name, "x86_64"), strings.Contains(name, "x64"):
		width = ", 64 bit"
	}
	for _, kind := range []struct{ ending, words string }{
		{".msi", "Windows Server"},
		{".exe", "Windows Server, without installer"},
		{".deb", "Debian and Ubuntu"},
		{".rpm", "Red Hat, SUSE and kin"},
		{".tar.gz", "Linux, as an archive"},
		{".sha256", "Checksums"},
		{"sha256sums", "Checksums"},
		{".cdx.json", "Bill of materials (CycloneDX)"},
		{".txt", "Notes"},
	} {
		if strings.HasSuffix(name, kind.ending) {
			return kind.words + width
		}
	}
	return "Other" + width
}
