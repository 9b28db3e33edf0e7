package console

import (
	"strconv"
	"strings"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// addView is one step of configuring a new agent. What was chosen in the others goes along in hidden fields: nothing is
// stored before Finish, and going back loses nothing.
type addView struct {
	configureView
	Step    string
	Steps   []string
	Preview *previewView
}

// The steps after the check-in, by the names that the forms send.
const (
	stepUnits   = "units"
	stepDetails = "details"
	stepPreview = "preview"
	stepFinish  = "finish"
)

// addTitles names the steps for people.
var addTitles = []string{"Organizational units", "Organization, name, policy", "Preview"}

// At is the number of the step, from 1.
func (a addView) At() int {
	return map[string]int{stepUnits: 1, stepDetails: 2, stepPreview: 3}[a.Step]
}

// addUnits is the first step: which units.
func (c *Console) addUnits(v *view) error {
	a, err := c.pathAgent(v)
	if err != nil {
		return err
	}
	return c.showAdd(v, stepUnits, a, a.Settings(), nil)
}

// addStep takes what one step chose and shows the one that was asked for, or finishes.
func (c *Console) addStep(v *view) error {
	a, err := c.pathAgent(v)
	if err != nil {
		return err
	}
	if err := v.readForm(); err != nil {
		return err
	}
	chosen := a.Settings()
	wrong := v.readAddition(&chosen)
	wanted := v.PostFormValue("step")
	if v.unfolds() {
		wanted = stepUnits
	}
	if p := problem.Of(wrong); p != nil && wanted != stepUnits {
		return c.showAdd(v, v.stepOf(wrong), a, chosen, p)
	}
	if wanted == stepFinish {
		return c.finish(v, a, chosen)
	}
	return c.showAdd(v, wanted, a, chosen, nil)
}

// errNoUnits is what is wrong where nothing was chosen.
var errNoUnits = &problem.Problem{
	Code: problem.Invalid, Title: "No organizational unit is chosen", Text: "Nobody would come to Passly.", Hint: "Tick at least one; all units below it come along.",
}

// stepOf is the step at which something can be mended.
func (v *view) stepOf(wrong error) string {
	if problem.Of(wrong).Title == errNoUnits.Title {
		return stepUnits
	}
	return stepDetails
}

// readAddition takes what was chosen so far; a step that was not reached yet leaves its settings as they are.
func (v *view) readAddition(s *tenant.Settings) error {
	var err error
	if s.Version, err = strconv.ParseInt(v.PostFormValue("version"), 10, 64); err != nil {
		return &problem.Problem{Code: problem.Invalid, Title: "The form is incomplete", Hint: "Load the page again.", Err: err}
	}
	if s.Scope, err = v.units(); err != nil {
		return &problem.Problem{Code: problem.Invalid, Title: "A chosen unit is not known", Hint: "Load the page again.", Err: err}
	}
	if v.PostForm.Has("name") {
		s.Name = strings.TrimSpace(v.PostFormValue("name"))
		organization, wrong := tenant.ParseID(v.PostFormValue("organization"))
		policy, wrongPolicy := tenant.ParseID(v.PostFormValue("policy"))
		if wrong != nil || wrongPolicy != nil {
			return &problem.Problem{Code: problem.Invalid, Title: "Organization or policy is not known", Hint: "Choose both from the lists."}
		}
		s.Organization, s.Policy = organization, policy
	}
	switch {
	case len(s.Scope) == 0:
		return errNoUnits
	case s.Name == "" || len([]rune(s.Name)) > tenant.MaxName:
		return &problem.Problem{Code: problem.Invalid, Title: "The agent needs a name", Hint: "Give one of at most " + strconv.Itoa(tenant.MaxName) + " characters."}
	}
	return nil
}

func (c *Console) showAdd(v *view, step string, a tenant.Agent, s tenant.Settings, p *problem.Problem) error {
	choices, err := c.choices(v, a, s)
	if err != nil {
		return err
	}
	shown := addView{configureView: choices, Step: step, Steps: addTitles}
	switch step {
	case stepUnits:
		err = c.tree(v, &shown.configureView)
	case stepPreview:
		shown.Preview, err = c.preview(v, a, s)
	default:
		shown.Step = stepDetails
	}
	if err != nil {
		return err
	}
	return v.show("add-steps", page{Title: "Add " + a.Configuration.Name, Section: "directory-sync", Problem: p, Content: shown})
}

// finish stores what was chosen; the agent begins at once.
func (c *Console) finish(v *view, a tenant.Agent, chosen tenant.Settings) error {
	configured, err := c.Agents.Configure(v.Context(), a.ID, func(s *tenant.Settings) error {
		*s = chosen
		return v.mayChoose(chosen.Organization)
	})
	if p := problem.Of(err); problem.Is(err, problem.Invalid) || problem.Is(err, problem.Conflict) {
		return c.showAdd(v, stepDetails, a, chosen, p)
	}
	if err != nil {
		return err
	}
	c.Log.Info("an agent was added", "agent", a.ID, "version", configured.Configuration.Version, "by", v.session.Administrator.Email)
	return v.redirect("/directory-sync/" + a.ID.String() + "?done=added")
}
