package agent

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"passlysync/pkg/problem"
	"passlysync/pkg/vault"
)

// credentials are the agent's secrets: one item in the vault, so that they change together.
type credentials struct {
	Seed              []byte `json:"seed,omitzero"` // Ed25519, 32 bytes
	DirectoryPassword string `json:"directoryPassword,omitzero"`
	ServiceToken      string `json:"serviceToken,omitzero"` // instead of a key, for a SCIM service of others
	ServiceURL        string `json:"serviceUrl,omitzero"`   // the only place to which the token may go
	TokenURL          string `json:"tokenUrl,omitzero"`     // where it is the secret of an OAuth client: the only place for it
	DirectoryKeytab   []byte `json:"directoryKeytab,omitzero"`
}

// broken says that the credentials do not belong to the enrolment of the record: a set-up was killed between storing the two.
func broken(text string) error {
	return &problem.Problem{
		Code: problem.CredentialsBad, Title: "The stored credentials are of another enrolment", Op: "reading the credentials",
		Text: text + " A set-up was probably broken off. Nothing is synced.", Hint: "Run `passly-sync setup` to set up again.",
	}
}

// forTenant refuses credentials without a key.
func (c credentials) forTenant(r *record) error {
	if len(c.Seed) != ed25519.SeedSize {
		return broken("They hold no key for " + r.TenantName + ".")
	}
	return nil
}

// forService refuses credentials whose token is for another service.
func (c credentials) forService(r *record) error {
	if c.ServiceToken == "" || c.ServiceURL != r.SCIM || c.TokenURL != r.Local.tokenURL() {
		return broken("They hold no token for " + r.SCIM + ", and one for another service is not sent there.")
	}
	return nil
}

// tokenURL is where access tokens come from; empty: the service takes the stored one.
func (l *local) tokenURL() string {
	if l == nil || l.OAuth == nil {
		return ""
	}
	return l.OAuth.TokenURL
}

// whole reports whether they are what this program stores: a key or a token.
func (c credentials) whole() bool {
	return len(c.Seed) == ed25519.SeedSize || len(c.Seed) == 0 && c.ServiceToken != ""
}

// nextCredentials are those of an enrolment under way, or of one that was broken off when the tenant may have taken its key.
type nextCredentials struct {
	credentials
	Tenant string `json:"tenant"` // base URL
}

// Names of the items in the vault: what is in force, and what may come to be.
const (
	credentialsItem = "agent-credentials"
	nextItem        = "agent-credentials-next"
)

func (c credentials) store(ctx context.Context, v vault.Vault) error {
	return put(ctx, v, credentialsItem, c)
}

func (c credentials) key() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(c.Seed) }

func (n nextCredentials) store(ctx context.Context, v vault.Vault) error {
	return put(ctx, v, nextItem, n)
}

func put(ctx context.Context, v vault.Vault, item string, what any) error {
	raw, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("writing the credentials: %w", err)
	}
	return v.Set(ctx, item, raw)
}

func loadCredentials(ctx context.Context, v vault.Vault) (c credentials, err error) {
	return c, load(ctx, v, credentialsItem, &c, &c)
}

func loadNext(ctx context.Context, v vault.Vault) (n nextCredentials, err error) {
	return n, load(ctx, v, nextItem, &n, &n.credentials)
}

// load reads an item into what, whose credentials are c.
func load(ctx context.Context, v vault.Vault, item string, what any, c *credentials) error {
	raw, err := v.Get(ctx, item)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, what); err != nil || !c.whole() {
		return &problem.Problem{
			Code: problem.CredentialsBad, Title: "The stored credentials cannot be read", Op: "reading the credentials",
			Text: "What " + v.Name() + " holds is not what this program stored.", Hint: "Run `passly-sync setup` to enrol again.",
		}
	}
	return nil
}

// promote makes credentials the ones in force. Killed in between, they stand in both places, which is the same.
func promote(ctx context.Context, v vault.Vault, c credentials) error {
	if err := c.store(ctx, v); err != nil {
		return err
	}
	return v.Delete(ctx, nextItem)
}

// keyName tells a key from others without saying anything of it.
func keyName(key ed25519.PrivateKey) string {
	sum := sha256.Sum256(key.Public().(ed25519.PublicKey))
	return hex.EncodeToString(sum[:8])
}

// inForce gives the credentials of an enrolment, and a key that the tenant may have taken instead (nil: there is none). A
// record that already names the next credentials was saved by an enrolment that was killed before it could promote them.
func (r *record) inForce(ctx context.Context, v vault.Vault) (credentials, ed25519.PrivateKey, error) {
	next, nextErr := loadNext(ctx, v)
	if nextErr == nil && r.Key != "" && len(next.Seed) > 0 && keyName(next.key()) == r.Key {
		if err := promote(ctx, v, next.credentials); err != nil {
			return credentials{}, nil, err
		}
		return next.credentials, nil, nil
	}
	now, err := loadCredentials(ctx, v)
	if err == nil {
		err = now.forTenant(r)
	}
	if nextErr != nil || next.Tenant != r.Tenant || len(next.Seed) == 0 {
		return now, nil, err
	}
	return now, next.key(), err
}

// Forget removes the agent's credentials from a vault.
func Forget(ctx context.Context, v vault.Vault) error {
	return errors.Join(v.Delete(ctx, credentialsItem), v.Delete(ctx, nextItem))
}
