// Package scimtest runs a SCIM 2.0 service that is none of ours (scimmy with scimmy-routers, by node), for tests of what syncs into
// services of others. What it keeps is told by another way than SCIM.
package scimtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"passlysync/pkg/needs"
	"passlysync/pkg/scim"
)

// Service is one that runs until its test ends.
type Service struct {
	testing.TB
	URL  string // of its SCIM endpoint
	root string
}

// Options of Start.
type Options struct {
	Single bool   // without bulk operations
	Whole  bool   // without PATCH
	Lax    bool   // passes filters over, and lists everybody
	Token  string // empty: secret
}

// Start starts one.
func Start(t testing.TB, o Options) *Service {
	t.Helper()
	folder := Folder(t)
	if o.Token == "" {
		o.Token = "secret"
	}
	word := map[bool]string{false: "yes", true: "no"}
	command := exec.Command("node", "server.cjs")
	command.Dir, command.Env, command.Stderr = folder, append(os.Environ(), "BULK="+word[o.Single], "PATCH="+word[o.Whole], "FILTER="+word[o.Lax], "TOKEN="+o.Token), os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = command.Wait() })
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	root := "http://127.0.0.1:" + strings.TrimSpace(port)
	return &Service{TB: t, URL: root + "/scim/v2", root: root}
}

// Folder is where the packages from npm are; a test that has none is skipped, or fails where CI is set.
func Folder(t testing.TB) string {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	folder := filepath.Join(filepath.Dir(file), "testdata")
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		needs.Missing(t, "an independent SCIM service is not installed", "npm ci --prefix pkg/scim/scimtest/testdata")
	}
	return folder
}

// Keeps is what the service has.
type Keeps struct {
	Users  []scim.User  `json:"users"`
	Groups []scim.Group `json:"groups"`
}

// Kept asks what it has.
func (s *Service) Kept() (k Keeps) {
	s.Helper()
	s.get("/kept", &k)
	return k
}

// Asked counts the SCIM requests so far, by method and resource: "PATCH /Groups".
func (s *Service) Asked() (counts map[string]int) {
	s.Helper()
	s.get("/asked", &counts)
	return counts
}

// Put has it keep somebody whom it did not get by SCIM.
func (s *Service) Put(resource any) {
	s.Helper()
	raw, err := json.Marshal(resource)
	if err != nil {
		s.Fatal(err)
	}
	s.post("/kept", "application/json", raw)
}

// Takes has it take another token from now on, and no other.
func (s *Service) Takes(token string) {
	s.Helper()
	s.post("/token", "text/plain", []byte(token))
}

func (s *Service) post(path, kind string, body []byte) {
	s.Helper()
	answer, err := http.Post(s.root+path, kind, bytes.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
		s.Fatalf("the service refuses %s: %s %v", path, answer.Status, err)
	}
}

func (s *Service) get(path string, into any) {
	s.Helper()
	answer, err := http.Get(s.root + path)
	if err != nil {
		s.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		s.Fatal(err)
	}
}
