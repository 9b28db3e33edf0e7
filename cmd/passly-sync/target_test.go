package main

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/alecthomas/kong"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
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

// A client of a token endpoint stands in place of a token, and both are for a SCIM service.
func TestAClientStandsInPlaceOfAToken(t *testing.T) {
	client := SetupCmd{Target: targetSCIM, SCIMURL: "scim.example.com", SCIMOAuthTokenURL: "login.example.com/token", SCIMOAuthClientID: "c"}
	service, err := client.scimService()
	if err != nil || service.OAuth == nil || service.OAuth.ClientID != "c" {
		t.Errorf("got %+v, %v", service, err)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	client.SCIMOAuthSecretFile = secret
	if a, err := client.answers(t.Context(), nil); err != nil || a.Service.Token != "s3cret" {
		t.Errorf("got %v, %v", a.Service, err)
	}
	if err := os.Chmod(secret, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := client.answers(t.Context(), nil); err == nil && runtime.GOOS != "windows" {
		t.Error("a secret that others can read was taken")
	}
	both, tenant := client, client
	both.SCIMTokenFile = secret
	tenant.Target, tenant.SCIMURL = "tenant", ""
	for name, wrong := range map[string]SetupCmd{"both": both, "a tenant": tenant} {
		if _, err := wrong.scimService(); !problem.Is(err, usage) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
