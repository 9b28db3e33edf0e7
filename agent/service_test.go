package agent

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
	"passlysync/pkg/vault"
)

// TestSecretsOfASCIMServiceAreInTheKeyringAlone sets up with a keytab: it is in the keyring beside the token, and nothing of either
// is in the record.
func TestSecretsOfASCIMServiceAreInTheKeyringAlone(t *testing.T) {
	state := t.TempDir()
	keyring, err := vault.Open(vault.File, state)
	if err != nil {
		t.Fatal(err)
	}
	n := &enrolment{
		agent: &Agent{o: Options{State: state, Log: slog.New(slog.DiscardHandler)}, account: "passly", changed: make(chan struct{})}, vault: keyring,
		asked: handoff.Enrolment{
			Service:   &handoff.Service{URL: "https://scim.example.com/v2", Token: "secret-token", OAuth: &scim.OAuth{TokenURL: "https://login.example.com/token", ClientID: "client"}},
			Directory: handoff.Directory{URL: "ldap://dc1.example.test", Account: "reader@EXAMPLE.TEST", Keytab: []byte("secret-keytab")},
		},
	}
	n.agent.host.Name = "dc1"
	if _, err := n.storeToken(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept, err := loadCredentials(t.Context(), keyring)
	if err != nil || kept.ServiceToken != "secret-token" || kept.TokenURL != "https://login.example.com/token" || string(kept.DirectoryKeytab) != "secret-keytab" {
		t.Errorf("the keyring has %+v (%v)", kept, err)
	}
	raw, err := os.ReadFile(filepath.Join(state, recordFile))
	if err != nil || bytes.Contains(raw, []byte("secret")) || bytes.Contains(raw, []byte("c2VjcmV0")) {
		t.Errorf("the record is %s (%v)", raw, err)
	}
	r, err := loadRecord(state)
	if err != nil || r.RunsAs != "passly" || r.Local == nil || r.Local.OAuth == nil || kept.forService(r) != nil {
		t.Errorf("the record is read as %+v (%v)", r, err)
	}
}

// TestATokenGoesToItsServiceAlone is a set-up for another service, or for a tenant, that was killed between storing the credentials and
// the record: what is stored must not be used for what the record names.
func TestATokenGoesToItsServiceAlone(t *testing.T) {
	keyring, err := vault.Open(vault.File, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	a := &Agent{o: Options{State: t.TempDir(), Log: slog.New(slog.DiscardHandler), OpenVault: func(vault.Kind) (vault.Vault, error) { return keyring, nil }}}
	toA := &record{AgentID: "a", Tenant: "https://a.test", SCIM: "https://a.test", Local: &local{}}
	tenant := &record{AgentID: "a", Tenant: "https://t.test", TenantName: "T"}
	byClient := *toA
	byClient.Local = &local{OAuth: &scim.OAuth{TokenURL: "https://login.test", ClientID: "c"}}
	for _, c := range []credentials{
		{ServiceToken: "b", ServiceURL: "https://b.test"},
		{ServiceToken: "b"},
		{Seed: make([]byte, 32)},
		{ServiceToken: "b", ServiceURL: "https://a.test", TokenURL: "https://else.test"}, // a client's secret is no token, and goes to its own endpoint alone
	} {
		if err := c.store(t.Context(), keyring); err != nil {
			t.Fatal(err)
		}
		if _, err := a.newSession(t.Context(), toA); !problem.Is(err, problem.CredentialsBad) {
			t.Errorf("a session with %q for %q: got %v, want %s", c.ServiceURL, toA.SCIM, err, problem.CredentialsBad)
		}
		if _, err := a.newSession(t.Context(), &byClient); !problem.Is(err, problem.CredentialsBad) {
			t.Errorf("a session by a client with %q for %q: got %v, want %s", c.TokenURL, byClient.Local.OAuth.TokenURL, err, problem.CredentialsBad)
		}
		if _, err := a.identify(t.Context(), tenant); len(c.Seed) == 0 && !problem.Is(err, problem.CredentialsBad) {
			t.Errorf("a tenant's session without a key: got %v, want %s", err, problem.CredentialsBad)
		}
	}
}

// TestTheWaitThatIsSaidIsTheOneThatIsKept: a service that asks to be left alone for minutes is not promised to be asked within seconds.
func TestTheWaitThatIsSaidIsTheOneThatIsKept(t *testing.T) {
	s := &session{}
	for wait, want := range map[time.Duration]string{0: "every 20s.", 10 * time.Minute: "every 10m0s.", 48 * time.Hour: "every 1h0m0s."} {
		err := error(&problem.Problem{Code: problem.TooMany, Title: "asks to slow down"})
		if wait > 0 {
			err = errors.Join(err, control.RetryAfter(wait))
		}
		if c := s.tenantTrouble(t.Context(), err); !strings.HasSuffix(c.Text, want) {
			t.Errorf("after %v it says %q, want %q", wait, c.Text, want)
		}
	}
}
