package ad_test

import (
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/problem"
)

const (
	writeLastSet = "(OA;CIIO;WP;bf967a0a-0de6-11d0-a285-00aa003049e2;bf967aba-0de6-11d0-a285-00aa003049e2;%s)"
	writeLockout = "(OA;CIIO;WP;28630ebf-41d5-11d1-a9c1-0000f80367c1;bf967aba-0de6-11d0-a285-00aa003049e2;%s)"
)

// desk is a real domain with one person, and a reader that may set passwords in her unit.
type desk struct {
	t      *testing.T
	dc     *samba.DC
	reader *ad.Reader
	unit   directory.GUID
	ann    directory.GUID
}

func newDesk(t *testing.T, rules ...string) *desk {
	t.Helper()
	dc := samba.ForTest(t, samba.Options{})
	return newDeskAt(t, dc, settings(dc), "CN=writer,"+dc.BaseDN(), rules...)
}

// newDeskAt is newDesk with a controller, and the settings and name by which the account for passwords signs in.
func newDeskAt(t *testing.T, dc *samba.DC, s ad.Settings, account string, rules ...string) *desk {
	t.Helper()
	d := &desk{t: t, dc: dc}
	var err error
	d.unit, err = d.dc.AddUnit(t.Context(), d.dc.Root(), "Sales")
	must(t, err)
	d.ann = d.person("ann")
	_, sid, err := d.dc.AddAccount(t.Context(), d.dc.Root(), "writer")
	must(t, err)
	for _, r := range rules {
		must(t, d.dc.AddRule(t.Context(), "OU=Sales,"+d.dc.BaseDN(), strings.ReplaceAll(r, "%s", sid)))
	}
	s.Account = account
	d.reader = open(t, s)
	return d
}

func (d *desk) person(name string) directory.GUID {
	d.t.Helper()
	id, err := d.dc.AddUser(d.t.Context(), d.unit, name, directory.Attribute{Name: directory.SAMAccountName, Value: name},
		directory.Attribute{Name: directory.UserPrincipalName, Value: name + "@example.test"}, directory.Attribute{Name: directory.DisplayName, Value: "Ann Berg"})
	must(d.t, err)
	return id
}

func (d *desk) set(c directory.PasswordChange) (directory.PasswordOutcome, problem.Code) {
	d.t.Helper()
	if c.ID.IsZero() {
		c.ID = d.ann
	}
	outcome, err := d.reader.SetPassword(d.t.Context(), c)
	if err == nil {
		return outcome, ""
	}
	for _, secret := range [][]byte{c.Old, c.New} {
		if len(secret) > 5 && strings.Contains(err.Error(), string(secret)) {
			d.t.Errorf("the error holds the password: %v", err)
		}
	}
	return outcome, problem.Of(err).Code
}

func (d *desk) verify(password string) problem.Code {
	d.t.Helper()
	if err := d.reader.VerifyPassword(d.t.Context(), d.ann, []byte(password)); err != nil {
		return problem.Of(err).Code
	}
	return ""
}

func (d *desk) refuses(what string, c directory.PasswordChange, want problem.Code) {
	d.t.Helper()
	if _, got := d.set(c); got != want {
		d.t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func reset(password string) directory.PasswordChange {
	return directory.PasswordChange{New: []byte(password)}
}

func change(old, fresh string) directory.PasswordChange {
	return directory.PasswordChange{Old: []byte(old), New: []byte(fresh)}
}

// protected runs a test under TLS, and sealed where there is none.
func protected(t *testing.T, test func(*testing.T, *desk), rules ...string) {
	t.Run("under TLS", func(t *testing.T) { test(t, newDesk(t, rules...)) })
	t.Run("sealed", func(t *testing.T) {
		dc, s := withoutTLS(t, samba.Options{})
		test(t, newDeskAt(t, dc, s, "writer@"+dc.Domain(), rules...))
	})
}

func TestTheDomainDecides(t *testing.T) {
	protected(t, theDomainDecides, allowReset, writeLastSet, writeLockout)
}

func theDomainDecides(t *testing.T, d *desk) {
	d.refuses("too short", reset("Sh0rt!"), directory.PasswordTooShort)
	d.refuses("too simple", reset("only lower letters"), directory.PasswordNotComplex)
	d.refuses("a good one, with signs of all kinds", reset("Grüße 😀 7 Äpfel"), "")
	if got := d.verify("Grüße 😀 7 Äpfel"); got != "" {
		t.Errorf("it does not sign in: %s", got)
	}
	d.refuses("too soon", change("Grüße 😀 7 Äpfel", "Umbrella-7-salad"), directory.PasswordTooYoung)
	d.refuses("a wrong old one", change("Grüße-7", "Umbrella-7-salad"), directory.PasswordOldWrong)
	root := d.dc.Root()
	must(t, d.dc.Modify(t.Context(), root, "minPwdAge", "0"))
	d.refuses("a change", change("Grüße 😀 7 Äpfel", "Umbrella-7-salad"), "")
	d.refuses("had before", change("Umbrella-7-salad", "Grüße 😀 7 Äpfel"), directory.PasswordUsedBefore)
	if got := d.verify("wrong"); got != directory.PasswordWrong {
		t.Errorf("a wrong one: %q", got)
	}
	rules, err := d.reader.PasswordRules(t.Context(), directory.GUID{})
	must(t, err)
	if rules.MinLength != 7 || !rules.Complex || rules.History != 24 || rules.MinAge != 0 || rules.MaxAge.Hours() != 42*24 {
		t.Errorf("rules: %+v", rules)
	}
	outcome, code := d.set(directory.PasswordChange{New: []byte("Umbrella-8-salad"), MustChange: true})
	if code != "" || outcome.MustChange != nil {
		t.Errorf("must change: %+v %s", outcome, code)
	}
	if got := d.verify("Umbrella-8-salad"); got != directory.PasswordExpired {
		t.Errorf("to be changed first: got %q", got)
	}
	d.refuses("the change that is due", change("Umbrella-8-salad", "Umbrella-9-salad"), "")
}

func TestAccountsThatCannotBeUsed(t *testing.T) {
	protected(t, accountsThatCannotBeUsed, allowReset, writeLastSet, writeLockout)
}

func accountsThatCannotBeUsed(t *testing.T, d *desk) {
	d.refuses("at first", reset("Umbrella-7-salad"), "")
	must(t, d.dc.Modify(t.Context(), d.dc.Root(), "lockoutThreshold", "3"))
	for range 4 {
		d.verify("wrong")
	}
	if got := d.verify("Umbrella-7-salad"); got != directory.AccountLocked {
		t.Fatalf("after wrong ones: got %q, want locked", got)
	}
	d.refuses("a locked one", reset("Umbrella-8-salad"), directory.AccountLocked)
	outcome, code := d.set(directory.PasswordChange{New: []byte("Umbrella-8-salad"), Unlock: true})
	if code != "" || outcome.Unlock != nil || d.verify("Umbrella-8-salad") != "" {
		t.Errorf("unlock on reset: %+v %s, signing in: %q", outcome, code, d.verify("Umbrella-8-salad"))
	}
	must(t, d.dc.SetDisabled(t.Context(), d.ann, true))
	d.refuses("a disabled one", reset("Umbrella-9-salad"), directory.AccountDisabled)
	must(t, d.dc.SetDisabled(t.Context(), d.ann, false))
	must(t, d.dc.Modify(t.Context(), d.ann, directory.AccountExpires, "132000000000000000"))
	d.refuses("an expired one", reset("Umbrella-9-salad"), directory.AccountExpired)
	must(t, d.dc.Delete(t.Context(), d.ann))
	d.refuses("one that is gone", reset("Umbrella-9-salad"), directory.AccountGone)
}

func TestLeastPrivilege(t *testing.T) {
	d := newDesk(t)
	err := func() error {
		_, err := d.reader.SetPassword(t.Context(), directory.PasswordChange{ID: d.ann, New: []byte("Umbrella-7-salad")})
		return err
	}()
	if !problem.Is(err, directory.ResetRightMissing) || !strings.Contains(problem.Of(err).Hint, `dsacls "OU=Sales,`+d.dc.BaseDN()) {
		t.Fatalf("without the right: %+v", *problem.Of(err))
	}
	must(t, d.dc.Modify(t.Context(), d.ann, "adminCount", "1"))
	d.refuses("a protected one", reset("Umbrella-7-salad"), directory.AccountProtected)
	must(t, d.dc.Modify(t.Context(), d.ann, "adminCount", ""))
	run := func(p *problem.Problem) { // the command for samba-tool, as it is shown
		t.Helper()
		_, command, found := strings.Cut(p.Hint, "samba-tool: ")
		if !found {
			t.Fatalf("no command in %q", p.Hint)
		}
		if out, err := d.dc.Shell(t.Context(), command); err != nil {
			t.Fatalf("%s: %v %s", command, err, out)
		}
	}
	run(problem.Of(err))
	must(t, d.dc.Modify(t.Context(), d.ann, "lockoutTime", "133500000000000000"))
	must(t, d.dc.Modify(t.Context(), d.dc.Root(), "lockoutDuration", "-9223372036854775808"))
	outcome, code := d.set(directory.PasswordChange{New: []byte("Umbrella-7-salad"), MustChange: true, Unlock: true})
	if code != "" || outcome.MustChange == nil || outcome.Unlock == nil {
		t.Fatalf("with Reset password alone: %+v %s", outcome, code)
	}
	run(outcome.MustChange)
	run(outcome.Unlock)
	outcome, code = d.set(directory.PasswordChange{New: []byte("Umbrella-8-salad"), MustChange: true, Unlock: true})
	if code != "" || outcome.MustChange != nil || outcome.Unlock != nil {
		t.Errorf("with what was granted: %+v %s", outcome, code)
	}
}

func TestFineGrainedRules(t *testing.T) {
	d := newDesk(t, allowReset)
	admin := settings(d.dc)
	admin.Account, admin.Password = d.dc.Admin()
	conn := bound(t, d.dc, admin)
	ann, err := d.reader.Find(t.Context(), "ann", 1)
	must(t, err)
	request := ldap.NewAddRequest("CN=Strict,CN=Password Settings Container,CN=System,"+d.dc.BaseDN(), nil)
	for name, value := range map[string]string{
		"objectClass": "msDS-PasswordSettings", "msDS-PasswordSettingsPrecedence": "1", "msDS-PasswordReversibleEncryptionEnabled": "FALSE",
		"msDS-PasswordHistoryLength": "5", "msDS-PasswordComplexityEnabled": "TRUE", "msDS-MinimumPasswordLength": "20", "msDS-MinimumPasswordAge": "0",
		"msDS-MaximumPasswordAge": "-864000000000", "msDS-LockoutThreshold": "0", "msDS-LockoutObservationWindow": "-18000000000", "msDS-LockoutDuration": "-18000000000",
		"msDS-PSOAppliesTo": ann[0].DN,
	} {
		request.Attribute(name, []string{value})
	}
	must(t, conn.Add(request))
	d.refuses("shorter than hers", reset("Umbrella-7-salad"), directory.PasswordTooShort)
	d.refuses("long enough", reset("Umbrella-7-salad-and-vinegar"), "")
	by := open(t, admin)
	rules, err := by.PasswordRules(t.Context(), d.ann)
	must(t, err)
	if rules.MinLength != 20 || rules.Named != "Strict" || rules.MaxAge.Hours() != 24 {
		t.Errorf("rules: %+v", rules)
	}
}
