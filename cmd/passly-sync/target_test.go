package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/alecthomas/kong"

	"passlysync/pkg/control"
)

// A file of answers names several units as a list: distinguished names have commas of their own.
func TestAnswersFileNamesSeveralUnits(t *testing.T) {
	name := filepath.Join(t.TempDir(), "answers.json")
	if err := os.WriteFile(name, []byte(`{"target":"scim","unit":["OU=Sales,DC=x","OU=Care,DC=x"],"guard-users":"5, 2%"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var cli CLI
	parser, err := kong.New(&cli, kong.Configuration(readAnswersFile))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"setup", "--answers", name}); err != nil {
		t.Fatal(err)
	}
	service, err := cli.Setup.scimService()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"OU=Sales,DC=x", "OU=Care,DC=x"}; !slices.Equal(service.Units, want) {
		t.Errorf("units: got %q, want %q", service.Units, want)
	}
	if service.Guard.Users != (control.Limit{Number: 5, Percent: 2}) || service.Guard.Groups != control.DefaultGuard.Groups || service.Incomplete != control.IncompleteHalt {
		t.Errorf("got %+v", service)
	}
}
