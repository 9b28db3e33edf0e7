package pages

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
)

// Assets are embedded files, served by their names.
type Assets struct {
	below string
	all   map[string]asset
}

type asset struct {
	url, kind string
	body      []byte
}

// LoadAssets reads the files of a folder, to be served below a path. They are part of the program: what cannot be read is
// a fault of it.
func LoadAssets(from fs.FS, folder, below string) Assets {
	entries, err := fs.ReadDir(from, folder)
	if err != nil {
		panic(err)
	}
	a := Assets{below: below, all: map[string]asset{}}
	for _, e := range entries {
		body, err := fs.ReadFile(from, folder+"/"+e.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(body)
		a.all[e.Name()] = asset{url: below + e.Name() + "?" + hex.EncodeToString(sum[:6]), kind: kindOf(e.Name()), body: body}
	}
	return a
}

// URL is the address of a file, which changes with it.
func (a Assets) URL(name string) string { return a.all[name].url }

// kindOf does not depend on what the machine knows of file types.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(path.Ext(name))
}

// ServeHTTP serves the file that the path's {name} names.
func (a Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	found, ok := a.all[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", found.kind)
	w.Header().Set("Cache-Control", "public, max-age=604800")
	_, _ = w.Write(found.body)
}
