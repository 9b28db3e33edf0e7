package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// fileVault keeps each secret in a file of its own below the state folder, as clear text that only its owner may read.
type fileVault struct{ folder string }

// Name says where, and what that means.
func (v fileVault) Name() string { return "files in " + v.dir() + " (readable by their owner only)" }

func (v fileVault) dir() string { return filepath.Join(v.folder, "credentials") }

// open gives the folder, after making sure that it and all in it stay out of others' reach.
func (v fileVault) open() (*os.Root, error) {
	if err := os.MkdirAll(v.dir(), 0o700); err != nil {
		return nil, unusable("The folder for credentials cannot be made", err.Error(), "Check the state folder's owner.", err)
	}
	info, err := os.Lstat(v.dir())
	if err == nil {
		err = private(v.dir(), info)
	}
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(v.dir())
	if err != nil {
		return nil, unusable("The folder for credentials cannot be opened", err.Error(), "Check its owner and mode.", err)
	}
	return root, nil
}

// Get reads one secret, and refuses a file that others could have read or written.
func (v fileVault) Get(ctx context.Context, name string) ([]byte, error) {
	if err := errors.Join(ctx.Err(), checkName(name)); err != nil {
		return nil, err
	}
	root, err := v.open()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notFound(name)
	}
	if err != nil {
		return nil, unusable("The credential "+name+" cannot be read", err.Error(), "Check its owner and mode.", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil {
		err = private(filepath.Join(v.dir(), name), info)
	}
	if err != nil {
		return nil, err
	}
	secret, err := io.ReadAll(io.LimitReader(f, MaxSecret+1))
	return secret, errors.Join(err, checkSize(secret))
}

// Set writes beside the old file and renames, so that a crash leaves either the old secret or the new one.
func (v fileVault) Set(ctx context.Context, name string, secret []byte) error {
	if err := errors.Join(ctx.Err(), checkName(name), checkSize(secret)); err != nil {
		return err
	}
	root, err := v.open()
	if err != nil {
		return err
	}
	defer root.Close()
	fresh := name + ".new"
	if err := write(root, fresh, secret); err != nil {
		return fmt.Errorf("storing the credential %s: %w", name, errors.Join(err, root.Remove(fresh)))
	}
	return root.Rename(fresh, name)
}

func write(root *os.Root, name string, secret []byte) error {
	_ = root.Remove(name)
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(secret)
	return errors.Join(err, f.Sync(), f.Close())
}

// Delete removes one secret.
func (v fileVault) Delete(ctx context.Context, name string) error {
	if err := errors.Join(ctx.Err(), checkName(name)); err != nil {
		return err
	}
	root, err := v.open()
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the credential %s: %w", name, err)
	}
	return nil
}
