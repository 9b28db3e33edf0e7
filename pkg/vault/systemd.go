package vault

import (
	"context"
	"errors"
	"io/fs"
	"os"
)

// systemdVault reads what systemd put into the service's credentials folder. Only an administrator can write there, with
// systemd-creds(1), so Set and Delete say how.
type systemdVault struct{ folder string }

func openSystemd() (Vault, error) {
	folder := os.Getenv("CREDENTIALS_DIRECTORY")
	if folder == "" {
		return nil, unusable("systemd gave this process no credentials",
			"CREDENTIALS_DIRECTORY is not set: the agent runs outside its service, or the unit has no LoadCredentialEncrypted= line.",
			"Add the line to the unit and start the agent with systemctl.", nil)
	}
	return systemdVault{folder}, nil
}

// Name says where.
func (systemdVault) Name() string { return "systemd credentials (read only)" }

// Get reads one credential.
func (v systemdVault) Get(ctx context.Context, name string) ([]byte, error) {
	if err := errors.Join(ctx.Err(), checkName(name)); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(v.folder)
	if err != nil {
		return nil, unusable("systemd's credentials cannot be read", err.Error(), "Restart the service.", err)
	}
	defer root.Close()
	secret, err := root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notFound(name)
	}
	return secret, errors.Join(err, checkSize(secret))
}

// Set refuses.
func (systemdVault) Set(context.Context, string, []byte) error { return readOnly() }

// Delete refuses.
func (systemdVault) Delete(context.Context, string) error { return readOnly() }

// ReadOnly reports whether only an administrator can write to a vault.
func ReadOnly(v Vault) bool {
	_, is := v.(systemdVault)
	return is
}

func readOnly() error {
	return unusable("systemd credentials cannot be written by the agent", "Only an administrator can make them.",
		"Make them with “systemd-creds encrypt”, or choose --vault keyring or --vault file.", nil)
}
