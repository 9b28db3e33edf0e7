package console

import (
	"crypto/rand"
	"math/big"
	"strings"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/passwords"
	"passlysync/pkg/tenant/writeback"
)

// giveView is the page on which an administrator sets somebody's password.
type giveView struct {
	User tenant.User
	Way  writeback.Way
	passwords.Asked
	Keeps bool // the password, rather than having it changed at the next sign-in
}

// TwoWay reports whether the password is set in Windows too, OneWay whether it is managed there alone.
func (g giveView) TwoWay() bool { return g.Way.Place == writeback.TwoWay }

// OneWay reports whether the password is managed in Windows alone.
func (g giveView) OneWay() bool { return g.Way.Place == writeback.OneWay }

// givenView shows what was set; a made password once.
type givenView struct {
	giveView
	Made    string
	Remarks []*problem.Problem
}

func (c *Console) passwordPage(v *view) error {
	u, err := c.pathUser(v)
	if err != nil {
		return err
	}
	return c.showGive(v, u, false, nil)
}

func (c *Console) showGive(v *view, u tenant.User, keeps bool, wrong error) error {
	shown, err := c.giveView(v, u)
	if err != nil {
		return err
	}
	shown.Keeps = keeps
	p := page{Title: "Password of " + u.ShownName(), Section: "users", Content: shown}
	if wrong != nil {
		return v.again("give-password", p, writeback.ForAdministrator(wrong))
	}
	return v.show("give-password", p)
}

func (c *Console) giveView(v *view, u tenant.User) (shown giveView, err error) {
	shown.User = u
	if shown.Way, err = c.Passwords.Way(v.Context(), u); err != nil {
		return shown, err
	}
	o, err := c.Store.Organization(v.Context(), u.Organization)
	if err != nil {
		return shown, err
	}
	shown.Asked, err = c.Passwords.Asked(v.Context(), "", o, u)
	return shown, err
}

// givePassword sets a password that was typed, or makes one.
func (c *Console) givePassword(v *view) error {
	u, err := c.pathUser(v)
	if err != nil {
		return err
	}
	o, err := c.Store.Organization(v.Context(), u.Organization)
	if err != nil {
		return err
	}
	keeps, made, typed := v.PostFormValue("must-change") == "", "", v.PostFormValue("password")
	if v.PostFormValue("how") == "make" {
		made = makePassword()
		typed = made
	}
	outcome, err := c.Passwords.Give(v.Context(), passwords.Wish{User: u, Organization: o, New: typed, MustChange: !keeps, From: v.RemoteAddr})
	if err != nil {
		return c.showGive(v, u, keeps, err)
	}
	c.Log.Info("an administrator set a password", "user", u.ID, "by", v.session.Administrator.Email)
	shown, err := c.giveView(v, u)
	if err != nil {
		return err
	}
	shown.Keeps = keeps
	return v.show("password-given", page{Title: "Password of " + u.ShownName(), Section: "users", Content: givenView{shown, made, outcome.Remarks}})
}

// What made passwords consist of: nothing that looks like another when it is read out. Four groups of five have 100 random bits,
// and what stands before them has every kind of character that a domain may ask for.
const (
	madeLetters  = "abcdefghijkmnpqrstuvwxyz23456789"
	madeCapitals = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	madeDigits   = "23456789"
	madeGroups   = 4
	madeGroup    = 5
)

// makePassword makes one at random.
func makePassword() string {
	groups := make([]string, madeGroups)
	for i := range groups {
		var b strings.Builder
		for range madeGroup {
			b.WriteByte(madeLetters[below(len(madeLetters))])
		}
		groups[i] = b.String()
	}
	capital := string(madeCapitals[below(len(madeCapitals))])
	digit := string(madeDigits[below(len(madeDigits))])
	return capital + digit + "-" + strings.Join(groups, "-")
}

func below(n int) int {
	at, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err) // never fails (crypto/rand)
	}
	return int(at.Int64())
}
