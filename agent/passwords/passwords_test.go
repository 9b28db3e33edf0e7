package passwords_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"passlysync/agent/passwords"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/problem"
	"passlysync/pkg/seal"
)

// bench is a desk on a real domain controller with one person. The tenant's part, granting claims, is the test's.
type bench struct {
	*testing.T
	dc     *samba.DC
	ann    directory.GUID
	folder string
	now    time.Time
	policy control.PasswordPolicy
	desk   *passwords.Desk

	mu     sync.Mutex
	claims map[string]int // by command
	denies bool
}

const seedOfIdentity = "0123456789abcdef0123456789abcdef"

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, dc: samba.ForTest(t, samba.Options{}), folder: t.TempDir(), now: time.Now(), policy: control.PasswordTwoWay, claims: map[string]int{}}
	var err error
	b.ann, err = b.dc.AddUser(t.Context(), b.dc.Root(), "ann", directory.Attribute{Name: directory.SAMAccountName, Value: "ann"},
		directory.Attribute{Name: directory.UserPrincipalName, Value: "ann@example.test"})
	b.must(err)
	b.must(b.dc.SetPassword("ann@example.test", "Umbrella-1-salad"))
	b.desk = b.open("agent-1", seedOfIdentity)
	return b
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// open makes a desk as a start of the agent does.
func (b *bench) open(agent, seed string) *passwords.Desk {
	b.Helper()
	account, password := b.dc.Admin()
	desk, err := passwords.New(passwords.Options{
		Tenant: "tenant-1", Agent: agent, Seed: []byte(seed), Folder: b.folder, Now: func() time.Time { return b.now },
		Settings: func() control.Configuration { return control.Configuration{PasswordPolicy: b.policy} },
		May:      func(context.Context, directory.GUID) error { return nil },
		Claim:    b.claim,
		Open: func(ctx context.Context) (directory.Reader, error) {
			return ad.Open(ctx, ad.Settings{URL: b.dc.URL(), CA: b.dc.CA(), Account: account, Password: password})
		},
		Log: slog.New(slog.DiscardHandler),
	})
	b.must(err)
	b.Cleanup(func() { _ = desk.Close() })
	return desk
}

func (b *bench) claim(_ context.Context, c control.Claim) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.claims[c.ID]++
	if b.denies {
		return &problem.Problem{Code: problem.NotFound, Title: "no"}
	}
	return nil
}

// command is what a tenant sends to set a password.
func (b *bench) command(id, password string) (control.Command, control.SealedArgs) {
	b.Helper()
	c := control.Command{ID: id, Kind: control.CommandWritePassword, Expires: b.now.Add(control.PasswordLife)}
	args := control.SealedArgs{User: b.ann}
	var err error
	args.Sealed, err = seal.Seal(b.desk.Public(), c.Binding("tenant-1", "agent-1", args), seal.Secrets{New: []byte(password)})
	b.must(err)
	return c, args
}

// lastSet is when the directory took a password last.
func (b *bench) lastSet() string {
	b.Helper()
	out, err := b.dc.Shell(b.Context(), "ldbsearch -H "+filepath.Join(b.dc.Dir(), "private/sam.ldb")+" '(sAMAccountName=ann)' pwdLastSet | grep pwdLastSet:")
	b.must(err)
	return strings.TrimSpace(out)
}

// untouched checks that something sets no password, and gives its error.
func (b *bench) untouched(what string, do func() error) error {
	b.Helper()
	before := b.lastSet()
	err := do()
	if after := b.lastSet(); after != before || before == "" {
		b.Errorf("%s: the password was set (%q, then %q)", what, before, after)
	}
	return err
}

// TestAttackReplay: a command that was obeyed is never obeyed again, by this process or one that is started later; it is answered
// as the first time.
func TestAttackReplay(t *testing.T) {
	b := newBench(t)
	c, args := b.command("c1", "Violet-2-tractor")
	if _, err := b.desk.Write(t.Context(), c, args); err != nil {
		t.Fatal(err)
	}
	short, shortArgs := b.command("c2", "x")
	if _, err := b.desk.Write(t.Context(), short, shortArgs); !problem.Is(err, directory.PasswordTooShort) {
		t.Fatalf("too short: %v", err)
	}
	for _, desk := range map[string]*passwords.Desk{"at once": b.desk, "after a restart": b.open("agent-1", seedOfIdentity)} {
		if err := b.untouched("a replay", func() error { _, err := desk.Write(t.Context(), c, args); return err }); err != nil {
			t.Errorf("what was obeyed is answered with %v", err)
		}
		if err := b.untouched("a replay", func() error { _, err := desk.Write(t.Context(), short, shortArgs); return err }); !problem.Is(err, directory.PasswordTooShort) {
			t.Errorf("what was refused is answered with %v", err)
		}
	}
	if b.claims["c1"] != 1 || b.claims["c2"] != 1 {
		t.Errorf("claims: %v, want one each", b.claims)
	}
}

// TestStoppedInTheMiddle: what was begun when the process was killed is not begun again, and is said not to be known.
func TestStoppedInTheMiddle(t *testing.T) {
	b := newBench(t)
	c, args := b.command("c1", "Violet-2-tractor")
	b.must(os.WriteFile(filepath.Join(b.folder, "passwords.journal"), []byte(`{"id":"c1","begun":"`+time.Now().UTC().Format(time.RFC3339)+`"}`+"\n"+`{"id":"c2","beg`), 0o600))
	later := b.open("agent-1", seedOfIdentity)
	if err := b.untouched("begun before", func() error { _, err := later.Write(t.Context(), c, args); return err }); !problem.Is(err, control.PasswordUnknown) {
		t.Errorf("got %v", err)
	}
	torn, tornArgs := b.command("c2", "Violet-2-tractor")
	if _, err := later.Write(t.Context(), torn, tornArgs); err != nil {
		t.Errorf("one whose line was torn was never begun: %v", err)
	}
}

// TestAttackLateOrUnwanted: a command that has expired by the tenant's clock, or that the tenant does not wait for, does nothing.
func TestAttackLateOrUnwanted(t *testing.T) {
	b := newBench(t)
	c, args := b.command("c1", "Violet-2-tractor")
	b.denies = true
	write := func() error { _, err := b.desk.Write(t.Context(), c, args); return err }
	if err := b.untouched("withdrawn", write); !errors.Is(err, passwords.ErrPassed) {
		t.Errorf("withdrawn: %v", err)
	}
	b.denies = false
	b.now = b.now.Add(control.PasswordLife)
	if err := b.untouched("late", write); !errors.Is(err, passwords.ErrPassed) {
		t.Errorf("late: %v", err)
	}
	if b.claims["c1"] != 1 {
		t.Errorf("%d claims, want the first alone", b.claims["c1"])
	}
	c.Expires = c.Expires.Add(time.Hour)
	if err := b.untouched("another expiry", write); !problem.Is(err, control.PasswordNotOpened) {
		t.Errorf("an expiry that was put off: %v", err)
	}
}

// TestAttackAlteredCommand: with anything of it altered, or sealed to another agent, a command does nothing, and is not claimed.
func TestAttackAlteredCommand(t *testing.T) {
	b := newBench(t)
	bob, err := b.dc.AddUser(t.Context(), b.dc.Root(), "bob", directory.Attribute{Name: directory.SAMAccountName, Value: "bob"})
	b.must(err)
	for what, alter := range map[string]func(*control.Command, *control.SealedArgs){
		"the ciphertext":            func(_ *control.Command, a *control.SealedArgs) { a.Sealed[len(a.Sealed)-1] ^= 1 },
		"whose":                     func(_ *control.Command, a *control.SealedArgs) { a.User = bob },
		"that it has to be changed": func(_ *control.Command, a *control.SealedArgs) { a.MustChange = true },
		"the command's id":          func(c *control.Command, _ *control.SealedArgs) { c.ID = "c9" },
		"its kind":                  func(c *control.Command, _ *control.SealedArgs) { c.Kind = control.CommandVerifyPassword },
	} {
		c, args := b.command("c1", "Violet-2-tractor")
		alter(&c, &args)
		if err := b.untouched(what, func() error { _, err := b.desk.Write(t.Context(), c, args); return err }); !problem.Is(err, control.PasswordNotOpened) {
			t.Errorf("%s altered: %v", what, err)
		}
	}
	c, args := b.command("c1", "Violet-2-tractor")
	other := b.open("agent-2", strings.Repeat("x", 32))
	if err := b.untouched("another agent", func() error { _, err := other.Write(t.Context(), c, args); return err }); !problem.Is(err, control.PasswordNotOpened) {
		t.Errorf("another agent: %v", err)
	}
	b.policy = control.PasswordOneWay
	if err := b.untouched("one-way", func() error { _, err := b.desk.Write(t.Context(), c, args); return err }); !problem.Is(err, control.NotTwoWay) {
		t.Errorf("one-way: %v", err)
	}
	if len(b.claims) != 0 {
		t.Errorf("claims: %v", b.claims)
	}
}

// TestADiskThatCannotKeepIt: where the id cannot be kept, nothing is set.
func TestADiskThatCannotKeepIt(t *testing.T) {
	b := newBench(t)
	c, args := b.command("c1", "Violet-2-tractor")
	b.must(b.desk.Close()) // its file does not take a line any more
	if err := b.untouched("no journal", func() error { _, err := b.desk.Write(t.Context(), c, args); return err }); !problem.Is(err, problem.Code(control.StateDamaged)) {
		t.Errorf("got %v", err)
	}
}
