//go:build !windows

package sasl

import (
	"context"
	"errors"
)

// OwnAccount reports whether a program can sign in as the account that it runs under, without its password.
const OwnAccount = false

// NewOwn is for Windows.
func NewOwn(context.Context, Service, []byte) (Mechanism, error) {
	return nil, errors.New("only Windows signs in as the account that a program runs under")
}
