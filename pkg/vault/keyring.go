package vault

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/zalando/go-keyring"

	"passlysync/pkg/problem"
)

// keyringIn bounds one call: a keyring that wants to ask a question on a screen that nobody sees hangs for ever.
const keyringIn = 10 * time.Second

// service names the product in the keyring, where administrators may look.
const service = "Passly Directory Sync"

// keyringVault is one agent's part of the account's OS keyring.
type keyringVault struct{ service, account string }

func newKeyring(folder string) (Vault, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("finding the state folder: %w", err)
	}
	account := "this account"
	if u, err := user.Current(); err == nil {
		account = u.Username
	}
	id := sha256.Sum256([]byte(folder))
	return keyringVault{service + " " + hex.EncodeToString(id[:4]), account}, nil
}

// Name says which keyring, and whose.
func (k keyringVault) Name() string {
	switch runtime.GOOS {
	case "windows":
		return "the Windows Credential Manager of " + k.account
	case "darwin":
		return "the Keychain of " + k.account
	}
	return "the Secret Service keyring of " + k.account
}

// Get reads one secret. Values are base64, since some stores keep text only.
func (k keyringVault) Get(ctx context.Context, name string) ([]byte, error) {
	text, err := bounded(ctx, func() (string, error) { return keyring.Get(k.service, name) })
	if errors.Is(err, keyring.ErrNotFound) {
		return nil, notFound(name)
	}
	if err != nil {
		return nil, k.explain(err)
	}
	secret, err := decode(text)
	if err != nil {
		return nil, unusable("The credential "+name+" in the keyring is damaged", "Another program may have changed it.",
			"Run “passly-sync setup” again.", nil)
	}
	return secret, nil
}

// Set stores one secret.
func (k keyringVault) Set(ctx context.Context, name string, secret []byte) error {
	if err := errors.Join(checkName(name), checkSize(secret)); err != nil {
		return err
	}
	_, err := bounded(ctx, func() (string, error) { return "", keyring.Set(k.service, name, encode(secret)) })
	return k.explain(err)
}

// Delete removes one secret.
func (k keyringVault) Delete(ctx context.Context, name string) error {
	_, err := bounded(ctx, func() (string, error) { return "", keyring.Delete(k.service, name) })
	if errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	return k.explain(err)
}

// Text goes in as it is, so that MaxSecret bytes of a password fit the smallest store; what begins like a marked value,
// or is not printable, is marked and encoded.
const mark = "base64:"

func encode(secret []byte) string {
	if plain := printable(secret); plain && !strings.HasPrefix(string(secret), mark) && len(secret) > 0 {
		return string(secret)
	}
	return mark + base64.StdEncoding.EncodeToString(secret)
}

func decode(text string) ([]byte, error) {
	coded, ok := strings.CutPrefix(text, mark)
	if !ok {
		return []byte(text), nil
	}
	return base64.StdEncoding.DecodeString(coded)
}

func printable(secret []byte) bool {
	for _, c := range secret {
		if c < 0x20 || c > 0x7e {
			return false
		}
	}
	return true
}

// bounded gives up waiting at the deadline. The library's call cannot be stopped; it is left behind.
func bounded(ctx context.Context, call func() (string, error)) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, keyringIn)
	defer cancel()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	type answer struct {
		text string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		text, err := call()
		done <- answer{text, err}
	}()
	select {
	case a := <-done:
		return a.text, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// explain puts what a keyring says into words.
func (k keyringVault) explain(err error) error {
	switch {
	case err == nil || errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return unusable("The keyring does not take a credential of this size", "", "Use a shorter password.", err)
	case errors.Is(err, context.DeadlineExceeded):
		return unusable("The keyring does not answer", k.Name()+" may be waiting for somebody to unlock it.",
			"Unlock it in this session. Or "+Elsewhere, err)
	}
	if title, text, hint := k.known(err); title != "" {
		return unusable(title, text, hint+" Or "+Elsewhere, err)
	}
	return unusable("The keyring cannot be used", k.Name()+" answered: "+problem.Reason(err)+".",
		"On this machine, "+Elsewhere, err)
}
