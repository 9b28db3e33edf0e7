// Package seal closes a password so that one agent alone can open it, for one purpose, once.
//
// What always holds:
//
//   - HPKE (RFC 9180) with MLKEM768X25519, HKDF-SHA256 and AES-256-GCM: who records what is sent today gains nothing by a
//     quantum computer later.
//   - What is sealed is bound to tenant, agent, user, command, kind and expiry (Binding): with any of them changed it does not
//     open. Whether a command was obeyed before, and whether it is too late, the agent decides.
//   - The length of what is sealed does not tell the length of a password.
//   - A key is published with a signature of the agent's identity key (Published): who can only write where it is kept cannot
//     put another in its place.
//
// Passwords are bytes here, never strings, so that their owner can overwrite them (Wipe).
package seal

import (
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// SeedSize is how long a key's secret is, in bytes: it is all that has to be kept.
const SeedSize = 32

// NewSeed makes the secret of a key.
func NewSeed() []byte {
	seed := make([]byte, SeedSize)
	_, _ = rand.Read(seed) // never fails (crypto/rand)
	return seed
}

// Key opens what was sealed to it.
type Key struct{ private hpke.PrivateKey }

// NewKey makes the key of a seed.
func NewKey(seed []byte) (Key, error) {
	private, err := hpke.MLKEM768X25519().NewPrivateKey(seed)
	if err != nil {
		return Key{}, fmt.Errorf("making a sealing key: %w", err)
	}
	return Key{private}, nil
}

// Public is what others seal with.
func (k Key) Public() []byte { return k.private.PublicKey().Bytes() }

// Binding is what a sealed password is for.
type Binding struct {
	Tenant  string
	Agent   string
	User    string // objectGUID
	Command string // id
	Kind    string
	Expires time.Time
}

// info writes a binding so that no two read alike: each part has its length before it.
func (b Binding) info() []byte {
	out := []byte("passly password v1")
	for _, part := range []string{b.Tenant, b.Agent, b.User, b.Command, b.Kind} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(part)))
		out = append(out, part...)
	}
	return binary.BigEndian.AppendUint64(out, uint64(b.Expires.UnixMilli()))
}

// Secrets are what is sealed. Old is empty where none was asked for.
type Secrets struct{ Old, New []byte }

// Wipe overwrites them.
func (s Secrets) Wipe() {
	Wipe(s.Old)
	Wipe(s.New)
}

// Wipe overwrites a secret.
func Wipe(secret []byte) { clear(secret) }

// Seal closes secrets to the holder of a public key.
func Seal(public []byte, b Binding, s Secrets) ([]byte, error) {
	key, err := hpke.MLKEM768X25519().NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("reading a sealing key: %w", err)
	}
	clear, err := s.pack()
	if err != nil {
		return nil, err
	}
	defer Wipe(clear)
	sealed, err := hpke.Seal(key, hpke.HKDFSHA256(), hpke.AES256GCM(), b.info(), clear)
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	return sealed, nil
}

// Open gives what was sealed to this key for exactly this binding.
func (k Key) Open(sealed []byte, b Binding) (Secrets, error) {
	clear, err := hpke.Open(k.private, hpke.HKDFSHA256(), hpke.AES256GCM(), b.info(), sealed)
	if err != nil {
		return Secrets{}, errors.New("it was sealed to another key or for something else, or was altered")
	}
	defer Wipe(clear)
	return unpack(clear)
}

// MaxSecret bounds one secret, in bytes: two fit into four times padTo, to which lengths are rounded up.
const (
	MaxSecret = 1022
	padTo     = 512
)

var errMalformed = errors.New("what was sealed is malformed")

func (s Secrets) pack() ([]byte, error) {
	if len(s.Old) > MaxSecret || len(s.New) > MaxSecret {
		return nil, errors.New("sealing: a secret is too long")
	}
	need := 4 + len(s.Old) + len(s.New)
	out := make([]byte, (need+padTo-1)/padTo*padTo)
	binary.BigEndian.PutUint16(out, uint16(len(s.Old)))
	binary.BigEndian.PutUint16(out[2:], uint16(len(s.New)))
	copy(out[4:], s.Old)
	copy(out[4+len(s.Old):], s.New)
	return out, nil
}

func unpack(clear []byte) (Secrets, error) {
	if len(clear) < 4 {
		return Secrets{}, errMalformed
	}
	old, fresh := int(binary.BigEndian.Uint16(clear)), int(binary.BigEndian.Uint16(clear[2:]))
	if rest := clear[4:]; old+fresh <= len(rest) {
		return Secrets{Old: append([]byte(nil), rest[:old]...), New: append([]byte(nil), rest[old:old+fresh]...)}, nil
	}
	return Secrets{}, errMalformed
}

// Published is a sealing key as its agent makes it known.
type Published struct {
	Public    []byte `json:"public"`
	Signature []byte `json:"signature"` // Ed25519 by the agent's identity key
}

func signed(tenant, agent string, public []byte) []byte {
	return append(Binding{Tenant: tenant, Agent: agent, Kind: "sealing-key"}.info(), public...)
}

// Publish signs a key.
func Publish(identity ed25519.PrivateKey, tenant, agent string, public []byte) Published {
	return Published{Public: public, Signature: ed25519.Sign(identity, signed(tenant, agent, public))}
}

// By reports whether the agent with this identity published the key.
func (p Published) By(identity ed25519.PublicKey, tenant, agent string) bool {
	return len(identity) == ed25519.PublicKeySize && ed25519.Verify(identity, signed(tenant, agent, p.Public), p.Signature)
}
