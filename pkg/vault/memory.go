package vault

import (
	"bytes"
	"context"
	"errors"
	"sync"
)

type memory struct {
	mu      sync.Mutex
	secrets map[string][]byte
}

func newMemory() *memory { return &memory{secrets: map[string][]byte{}} }

func (*memory) Name() string { return "the memory of this process (gone when it ends)" }

func (m *memory) Get(ctx context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	secret, ok := m.secrets[name]
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !ok {
		return nil, notFound(name)
	}
	return bytes.Clone(secret), nil
}

func (m *memory) Set(ctx context.Context, name string, secret []byte) error {
	if err := errors.Join(ctx.Err(), checkName(name), checkSize(secret)); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.secrets[name] = bytes.Clone(secret)
	return nil
}

func (m *memory) Delete(ctx context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.secrets, name)
	return ctx.Err()
}
