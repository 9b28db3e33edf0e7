package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"passlysync/pkg/control"
)

// Command lines and environments can be read by others on the machine: secrets come by files and standard input only.
func TestNoFlagOrVariableTakesASecret(t *testing.T) {
	parser, err := kong.New(&CLI{})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Leaves(false) {
		for _, flag := range command.Flags {
			for _, word := range []string{"password", "token", "secret", "key", "code"} {
				if strings.Contains(flag.Name, word) && !strings.HasSuffix(flag.Name, "-file") && !strings.HasSuffix(flag.Name, "-url") {
					t.Errorf("%s --%s takes a secret on the command line", command.Name, flag.Name)
				}
			}
			if len(flag.Envs) > 0 {
				t.Errorf("%s --%s is read from the environment", command.Name, flag.Name)
			}
		}
	}
}

// leaky is a tenant that refuses at one of its paths, and puts what it was sent into the refusal's cause, not its words.
func leaky(t *testing.T, refuseAt string) string {
	t.Helper()
	answers := map[string]any{
		control.DiscoveryPath:       control.Discovery{Product: "passly", Protocol: control.Protocol, TenantID: "t", TenantName: "Acme"},
		control.SignInPath:          control.Session{Session: "session-secret", Name: "Ada"},
		control.EnrolmentTokensPath: control.EnrolmentToken{Token: "token-secret"},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == refuseAt {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		_ = json.NewEncoder(w).Encode(answers[r.URL.Path])
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestNoSecretIsPrintedWhateverFails(t *testing.T) {
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	admin, account := file("admin", "admin-secret"), file("account", "account-secret")
	for name, refuseAt := range map[string]string{
		"discovery": control.DiscoveryPath, "sign-in": control.SignInPath, "the directory": "",
	} {
		for _, form := range []string{"--json=false", "--json"} {
			t.Run(name+" "+form, func(t *testing.T) {
				var out, errs bytes.Buffer
				code := run(t.Context(), []string{
					"setup", "--unattended", "--accept-terms", "--allow-member", form, "--state", filepath.Join(folder, "state"),
					"--domain", leaky(t, refuseAt), "--email", "ada@acme.test", "--password-file", admin,
					"--directory", "ldaps://127.0.0.1:1", "--directory-user", "svc@acme.test", "--directory-password-file", account,
				}, Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
				if code != exitFailed {
					t.Errorf("exit code: got %d, want %d (%s)", code, exitFailed, errs.String())
				}
				for _, secret := range []string{"admin-secret", "account-secret", "token-secret", "session-secret"} {
					if strings.Contains(out.String()+errs.String(), secret) {
						t.Errorf("%s is printed:\n%s%s", secret, out.String(), errs.String())
					}
				}
			})
		}
	}
}

func TestSecretsOfFilesLoseOnlyTheirLineEnd(t *testing.T) {
	for text, want := range map[string]string{"a b \n": "a b ", "x\r\n": "x", "x": "x", " ": " "} {
		got, err := readSecret(t.Context(), strings.NewReader(text), "--password-file", "-")
		if err != nil || got != want {
			t.Errorf("%q: got %q and %v, want %q", text, got, err, want)
		}
	}
	if _, err := readSecret(t.Context(), io.LimitReader(endless{}, 1<<20), "--password-file", "-"); err == nil {
		t.Error("an endless file: got no error")
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
