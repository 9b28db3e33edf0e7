package console

import (
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/signin"
)

// deviceView is what the page for a set-up's sign-in shows: a field for the code, the machine that asks, or what was said.
type deviceView struct {
	Code    string // as the terminal shows it, or as it was typed
	Asks    *tenant.DeviceSignIn
	Decided tenant.DeviceDecision
}

// devicePage asks for the code, or shows which machine asks with it.
func (c *Console) devicePage(v *view) error {
	code := v.URL.Query().Get("code")
	if code == "" {
		return v.showDevice(deviceView{}, nil)
	}
	d, err := c.Desk.Devices.Find(v.Context(), code, v.session.Administrator)
	if err != nil {
		return v.showDevice(deviceView{Code: code}, err)
	}
	return v.showDevice(deviceView{Code: signin.ShownUserCode(code), Asks: &d}, nil)
}

// decideDevice stores what the administrator chose.
func (c *Console) decideDevice(v *view) error {
	code, decision := v.PostFormValue("code"), v.PostFormValue("decision")
	if decision != "approve" && decision != "deny" {
		return &problem.Problem{Code: problem.Invalid, Title: "Nothing was chosen", Text: "The set-up still waits.", Hint: "Choose Approve or Deny."}
	}
	d, err := c.Desk.Devices.Decide(v.Context(), code, v.session.Administrator, decision == "approve")
	if err != nil {
		return v.showDevice(deviceView{Code: code}, err)
	}
	c.Log.Info("a machine's sign-in was decided", "decision", d.Decision, "host", d.Host, "address", d.Address, "by", v.session.Administrator.Email)
	return v.showDevice(deviceView{Asks: &d, Decided: d.Decision}, nil)
}

// showDevice shows the page; what is wrong with a code is shown above the field. Other faults are none of this page.
func (v *view) showDevice(shown deviceView, err error) error {
	p := page{Title: "Sign in a set-up", Section: "directory-sync", Content: shown}
	if err == nil {
		return v.show("device", p)
	}
	if !problem.Is(err, problem.NotFound) && !problem.Is(err, problem.TooMany) {
		return err
	}
	p.Problem = problem.Of(err)
	return v.show("device", p)
}
