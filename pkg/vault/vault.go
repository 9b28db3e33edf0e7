// Package vault keeps the agent's credentials: in the keyring of the account that the process runs as, or where the
// administrator explicitly chose another place.
//
// What always holds:
//
//   - A secret is at most MaxSecret bytes, the limit of the smallest store (Windows Credential Manager).
//   - There is never a fallback from one kind to another: what cannot be kept where it was asked for is an error.
//   - Errors never contain a secret. They are problems: NotFound, Unusable (with what to do), or TooLarge.
//   - Every call ends when its context does, even when the store hangs on a question to nobody.
package vault

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"

	"passlysync/pkg/problem"
)

// MaxSecret is the largest secret in bytes.
const MaxSecret = 2560

// Unusable is the code of a store that is not there, is locked, or must not be trusted.
const Unusable problem.Code = "vault-unusable"

// Kind names where secrets are kept. It is stored in the agent's settings.
type Kind string

// The kinds.
const (
	Keyring Kind = "keyring" // the account's OS keyring: the default
	File    Kind = "file"    // a 0600 file in the state folder; an explicit choice
	Systemd Kind = "systemd" // systemd credentials, read only (systemd.exec(5), LoadCredential=)
	Memory  Kind = "memory"  // gone with the process: demo and tests
)

// Vault keeps secrets by name. Names are lower-case words with hyphens.
type Vault interface {
	// Get gives a secret, or a problem of code NotFound.
	Get(ctx context.Context, name string) ([]byte, error)
	// Set stores a secret, replacing an older one.
	Set(ctx context.Context, name string, secret []byte) error
	// Delete removes a secret; one that is not there is no error.
	Delete(ctx context.Context, name string) error
	// Name says in words where the secrets are: "the Secret Service keyring of root".
	Name() string
}

// Open gives the vault of a kind; an empty kind means the keyring. Stores are told apart by folder, the agent's state
// folder, so that two agents of one account never share a secret. Whether the store can be used is for Check to find out.
func Open(kind Kind, folder string) (Vault, error) {
	switch kind {
	case Keyring, "":
		return newKeyring(folder)
	case File:
		return fileVault{folder}, nil
	case Systemd:
		return openSystemd()
	case Memory:
		return newMemory(), nil
	}
	return nil, &problem.Problem{
		Code: problem.Invalid, Title: fmt.Sprintf("There is no vault of the kind %q", string(kind)),
		Hint: "Choose keyring, file or systemd.", Op: "opening the vault",
	}
}

// Check writes, reads and deletes a random value: what fails here would fail in the middle of an enrolment.
func Check(ctx context.Context, v Vault) error {
	var raw [32]byte
	_, _ = rand.Read(raw[:])
	name, want := "self-test-"+hex.EncodeToString(raw[:4]), []byte(hex.EncodeToString(raw[:]))
	if err := v.Set(ctx, name, want); err != nil {
		return fmt.Errorf("writing to %s: %w", v.Name(), err)
	}
	got, err := v.Get(ctx, name)
	if err = errors.Join(err, v.Delete(ctx, name)); err != nil {
		return fmt.Errorf("reading back from %s: %w", v.Name(), err)
	}
	if !bytes.Equal(got, want) {
		return unusable("The keyring gave back something else than was stored", "It cannot be trusted with credentials.",
			"Look at "+v.Name()+", or choose another place for the credentials.", nil)
	}
	return nil
}

func notFound(name string) error {
	return &problem.Problem{
		Code: problem.NotFound, Title: "The credential " + name + " is not there", Op: "reading a credential",
		Text: "It was never stored, or was stored by another account.", Hint: "Run “passly-sync setup” again.",
	}
}

func unusable(title, text, hint string, err error) error {
	return &problem.Problem{Code: Unusable, Title: title, Text: text, Hint: hint, Op: "using the vault", Err: err}
}

func checkSize(secret []byte) error {
	if len(secret) <= MaxSecret {
		return nil
	}
	return &problem.Problem{
		Code: problem.TooLarge, Title: fmt.Sprintf("A credential has %d bytes; the limit is %d", len(secret), MaxSecret),
		Hint: "Use a shorter password or key.", Op: "storing a credential",
	}
}

// checkName keeps names usable as file names everywhere.
func checkName(name string) error {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return fmt.Errorf("%q cannot name a credential", name)
		}
	}
	if name == "" || len(name) > 64 {
		return fmt.Errorf("%q cannot name a credential", name)
	}
	return nil
}
