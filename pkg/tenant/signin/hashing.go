package signin

import (
	"context"
	"fmt"
)

// hashesAtOnce bounds how many are computed at once: each takes memory (argonMemory).
const hashesAtOnce = 2

// Hashing computes password hashes, a few at once.
type Hashing struct {
	slots chan struct{}
	dummy string
}

// NewHashing makes a Hashing.
func NewHashing() *Hashing {
	return &Hashing{slots: make(chan struct{}, hashesAtOnce), dummy: dummyHash()}
}

// Check compares a password with its hash. Without a hash, where nobody is known, the work is the same and the answer no.
func (h *Hashing) Check(ctx context.Context, hash, password string) (bool, error) {
	done, err := h.enter(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	known := hash != ""
	if !known {
		hash = h.dummy
	}
	return CheckPassword(hash, password) && known, nil
}

// Hash gives the PHC form of a password's argon2id hash.
func (h *Hashing) Hash(ctx context.Context, password string) (string, error) {
	done, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	return HashPassword(password), nil
}

func (h *Hashing) enter(ctx context.Context) (done func(), err error) {
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting to hash a password: %w", ctx.Err())
	}
}
