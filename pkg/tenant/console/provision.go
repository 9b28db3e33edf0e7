package console

import (
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/onboarding"
)

const (
	// maxChosen is how many people can be chosen one by one; "all that match" has no limit.
	maxChosen = 500
	// namesShown is how many of them are named before the update.
	namesShown = 8
)

// selection is whom an update is for: some people, or all that a search finds.
type selection struct {
	narrowing
	Users []tenant.ID
	All   bool
}

func (v *view) selection() (selection, error) {
	if err := v.readForm(); err != nil {
		return selection{}, err
	}
	s := selection{narrowing: readNarrowing(v.Form), All: v.Form.Get("all") != ""}
	for _, text := range v.Form["user"] {
		id, err := tenant.ParseID(text)
		if err != nil {
			return s, tenant.NotFound("user")
		}
		s.Users = append(s.Users, id)
	}
	switch {
	case s.All:
		s.Users = nil
	case len(s.Users) == 0:
		return s, &problem.Problem{Code: problem.Invalid, Title: "Nobody is chosen", Hint: "Go back and tick the people, or all that match."}
	case len(s.Users) > maxChosen:
		return s, &problem.Problem{Code: problem.TooLarge, Title: "Too many people are chosen one by one", Hint: "Search for them and choose all that match."}
	}
	return s, nil
}

// provisionView is what is asked before people are updated.
type provisionView struct {
	selection
	Count int
	Names []string
	More  int
	Back  string
}

func (c *Console) provisionPage(v *view) error {
	var (
		shown provisionView
		err   error
	)
	if shown.selection, err = v.selection(); err != nil {
		return err
	}
	shown.Back = shown.address("/users", 0)
	if err := c.name(v, &shown); err != nil {
		return err
	}
	return v.show("provision", page{Title: "Update to Provisioned", Section: "users", Content: shown})
}

// name says who is chosen.
func (c *Console) name(v *view, shown *provisionView) (err error) {
	if shown.All {
		if shown.Count, err = c.Store.CountUsers(v.Context(), tenant.Scope{}, shown.query(v).Unplaced()); err != nil {
			return err
		}
		q := shown.query(v)
		q.Limit = namesShown
		users, err := c.Store.Users(v.Context(), tenant.Scope{}, q)
		for _, u := range users {
			shown.Names = append(shown.Names, u.ShownName())
		}
		shown.More = shown.Count - len(shown.Names)
		return err
	}
	shown.Count = len(shown.Users)
	if err := c.allSeen(v, shown.Users); err != nil {
		return err
	}
	for _, id := range shown.Users[:min(namesShown, shown.Count)] {
		u, err := c.Store.User(v.Context(), tenant.Scope{}, id)
		if err != nil {
			return err
		}
		shown.Names = append(shown.Names, u.ShownName())
	}
	shown.More = shown.Count - len(shown.Names)
	return nil
}

func (c *Console) provision(v *view) error {
	chosen, err := v.selection()
	if err != nil {
		return err
	}
	if err := c.allSeen(v, chosen.Users); err != nil {
		return err
	}
	choice := onboarding.Choice{Mail: v.PostFormValue("mail") != "", TwoFactor: v.PostFormValue("two-factor") != ""}
	var done onboarding.Outcome
	if chosen.All {
		done, err = onboarding.ProvisionAll(v.Context(), c.Store, chosen.query(v), choice)
	} else {
		done, err = onboarding.Provision(v.Context(), c.Store, chosen.Users, choice)
	}
	if err != nil {
		return err
	}
	c.Log.Info("people were updated to Provisioned", "provisioned", done.Provisioned, "mails", done.Queued, "others", done.Others, "by", v.session.Administrator.Email)
	return v.show("provisioned", page{Title: "Updated to Provisioned", Section: "users", Content: provisionedView{done, choice, chosen.address("/users", 0)}})
}

// allSeen refuses people whom the account is not for.
func (c *Console) allSeen(v *view, users []tenant.ID) error {
	if v.ofTenant() {
		return nil
	}
	for _, id := range users {
		u, err := c.Store.User(v.Context(), tenant.Scope{}, id)
		if err != nil {
			return err
		}
		if !v.sees(u.Organization) {
			return tenant.NotFound("user")
		}
	}
	return nil
}

// provisionedView is what an update has done.
type provisionedView struct {
	onboarding.Outcome
	Choice onboarding.Choice
	Back   string
}

func (c *Console) sendAgain(v *view) error {
	id, err := v.pathID("user")
	if err != nil {
		return err
	}
	if err := onboarding.SendAgain(v.Context(), c.Store, id); err != nil {
		return err
	}
	c.Log.Info("an enrolment e-mail is sent again", "user", id, "by", v.session.Administrator.Email)
	return v.redirect("/users/" + id.String() + "?done=send-again")
}

// enrolment is what a user's page says of the e-mail and the account; the zero enrolment says nothing.
type enrolment struct {
	Message   tenant.Message
	Account   tenant.Account
	Reachable bool // the user can enrol
}

func (c *Console) enrolment(v *view, u tenant.User) (enrolment, error) {
	e := enrolment{Reachable: u.State == tenant.Provisioned && u.Mail != ""}
	var err error
	if e.Message, err = c.Store.Message(v.Context(), u.ID, tenant.EnrolmentMessage); err != nil && !problem.Is(err, problem.NotFound) {
		return e, err
	}
	if e.Account, err = c.Store.Account(v.Context(), u.ID); err != nil && !problem.Is(err, problem.NotFound) {
		return e, err
	}
	return e, nil
}
