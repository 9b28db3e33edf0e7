package seal_test

import (
	"bytes"
	"crypto/ed25519"
	"testing"
	"time"

	"passlysync/pkg/seal"
)

var binding = seal.Binding{Tenant: "t1", Agent: "a1", User: "u1", Command: "c1", Kind: "write-password", Expires: time.UnixMilli(1_800_000_000_000)}

func newKey(t *testing.T) seal.Key {
	t.Helper()
	key, err := seal.NewKey(seal.NewSeed())
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sealed(t *testing.T, public []byte, s seal.Secrets) []byte {
	t.Helper()
	out, err := seal.Seal(public, binding, s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOpensWhatWasSealed(t *testing.T) {
	seed := seal.NewSeed()
	key, err := seal.NewKey(seed)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]seal.Secrets{
		"both":     {Old: []byte("old one"), New: []byte("new ü one")},
		"only new": {New: []byte("x")},
		"longest":  {Old: bytes.Repeat([]byte("o"), seal.MaxSecret), New: bytes.Repeat([]byte("n"), seal.MaxSecret)},
	} {
		again, err := seal.NewKey(seed) // as after a restart
		if err != nil {
			t.Fatal(err)
		}
		got, err := again.Open(sealed(t, key.Public(), s), binding)
		if err != nil || !bytes.Equal(got.Old, s.Old) || !bytes.Equal(got.New, s.New) {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

func TestTheLengthTellsNothing(t *testing.T) {
	public := newKey(t).Public()
	short, long := sealed(t, public, seal.Secrets{New: []byte("x")}), sealed(t, public, seal.Secrets{Old: make([]byte, 200), New: make([]byte, 200)})
	if len(short) != len(long) {
		t.Errorf("a short one takes %d bytes, a long one %d", len(short), len(long))
	}
}

func TestAttackSealedForSomethingElse(t *testing.T) {
	key := newKey(t)
	out := sealed(t, key.Public(), seal.Secrets{New: []byte("secret")})
	for name, change := range map[string]func(*seal.Binding){
		"tenant":  func(b *seal.Binding) { b.Tenant = "t2" },
		"agent":   func(b *seal.Binding) { b.Agent = "a2" },
		"user":    func(b *seal.Binding) { b.User = "u2" },
		"command": func(b *seal.Binding) { b.Command = "c2" },
		"kind":    func(b *seal.Binding) { b.Kind = "verify-password" },
		"expiry":  func(b *seal.Binding) { b.Expires = b.Expires.Add(time.Millisecond) },
		"shifted": func(b *seal.Binding) { b.Tenant, b.Agent = "t1a", "1" },
	} {
		other := binding
		change(&other)
		if _, err := key.Open(out, other); err == nil {
			t.Errorf("opens with another %s", name)
		}
	}
}

func TestAttackAlteredCiphertext(t *testing.T) {
	key := newKey(t)
	out := sealed(t, key.Public(), seal.Secrets{New: []byte("secret")})
	for i := 0; i < len(out); i += 7 {
		bad := bytes.Clone(out)
		bad[i] ^= 1
		if _, err := key.Open(bad, binding); err == nil {
			t.Fatalf("opens with byte %d altered", i)
		}
	}
	for _, n := range []int{0, 1, 1000, len(out) - 1} {
		if _, err := key.Open(out[:n], binding); err == nil {
			t.Errorf("opens when cut to %d bytes", n)
		}
	}
}

func TestAttackAnotherAgentsKey(t *testing.T) {
	out := sealed(t, newKey(t).Public(), seal.Secrets{New: []byte("secret")})
	if _, err := newKey(t).Open(out, binding); err == nil {
		t.Error("another key opens it")
	}
}

func TestAttackSwappedSealingKey(t *testing.T) {
	identity, private, _ := ed25519.GenerateKey(nil)
	thief, thiefs, _ := ed25519.GenerateKey(nil)
	good := seal.Publish(private, "t1", "a1", newKey(t).Public())
	if !good.By(identity, "t1", "a1") {
		t.Fatal("the agent's own key is refused")
	}
	swapped := good
	swapped.Public = newKey(t).Public()
	for name, ok := range map[string]bool{
		"another key under the signature": swapped.By(identity, "t1", "a1"),
		"signed by a thief":               seal.Publish(thiefs, "t1", "a1", swapped.Public).By(identity, "t1", "a1"),
		"another agent's":                 good.By(identity, "t1", "a2"),
		"another tenant's":                good.By(identity, "t2", "a1"),
		"another identity":                good.By(thief, "t1", "a1"),
		"no identity":                     good.By(nil, "t1", "a1"),
	} {
		if ok {
			t.Errorf("%s is taken", name)
		}
	}
}

func FuzzOpen(f *testing.F) {
	key, err := seal.NewKey(make([]byte, seal.SeedSize))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("short"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := key.Open(raw, binding); err == nil {
			t.Error("what nobody sealed opens")
		}
	})
}
