package console

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// heldWait is how long a page waits for the agent's answer; heldShown is how many rows it has.
const (
	heldWait  = 10 * time.Second
	heldShown = 100
)

// heldPageView is a page of held removals.
type heldPageView struct {
	Agent       tenant.Agent
	Kind        control.RemovalKind
	Page        control.HeldPage
	Approved    bool // all that is undecided, already
	Search      string
	Trouble     *problem.Problem // the agent did not answer
	Next, First string
}

// Path is the address of the list.
func (h heldPageView) Path() string {
	return "/directory-sync/" + h.Agent.ID.String() + "/held/" + string(h.Kind)
}

// pathHeld is the agent and the kind of removal that the path names.
func (c *Console) pathHeld(v *view) (shown heldPageView, err error) {
	shown.Kind = control.RemovalKind(v.PathValue("kind"))
	if !slices.Contains(control.RemovalKinds, shown.Kind) {
		return shown, tenant.NotFound("kind of removal")
	}
	shown.Agent, err = c.pathAgent(v)
	return shown, err
}

// heldPage lists held removals as the agent has them now.
func (c *Console) heldPage(v *view) error {
	shown, err := c.pathHeld(v)
	if err != nil {
		return err
	}
	params := v.URL.Query()
	shown.Search = searched(params.Get("q"), maxSearch)
	args := control.HeldArgs{Kind: shown.Kind, Search: shown.Search, After: params.Get("after"), Limit: heldShown}
	ctx, cancel := context.WithTimeout(v.Context(), heldWait)
	defer cancel()
	if shown.Page, err = c.Agents.Held(ctx, shown.Agent.ID, args); err != nil {
		if v.Context().Err() != nil {
			return err
		}
		shown.Trouble = problem.Of(err)
	}
	shown.Approved = slices.Contains(shown.Agent.Configuration.Approved, control.Approval{Kind: shown.Kind, Digest: shown.Page.Held.Digest})
	query := url.Values{}
	if shown.Search != "" {
		query.Set("q", shown.Search)
	}
	if args.After != "" {
		shown.First = shown.Path() + "?" + query.Encode()
	}
	if shown.Page.Next != "" {
		query.Set("after", shown.Page.Next)
		shown.Next = shown.Path() + "?" + query.Encode()
	}
	return v.show("held", page{Title: "Held removals of " + shown.Agent.Configuration.Name, Section: "directory-sync", Done: decidedWords(params), Content: shown})
}

// decidedWords say what a decision has done.
func decidedWords(params url.Values) string {
	done, err := strconv.Atoi(params.Get("decided"))
	if err != nil {
		return ""
	}
	words := "Decided on " + many(done, "removal") + "."
	if stale, err := strconv.Atoi(params.Get("stale")); err == nil && stale > 0 {
		words += " " + many(stale, "other") + " had changed since this page was loaded; look at what is held now."
	}
	return words
}

// decideHeld decides on the rows that were chosen, or rejects all that are undecided.
func (c *Console) decideHeld(v *view) error {
	shown, err := c.pathHeld(v)
	if err != nil {
		return err
	}
	args := control.DecideArgs{Kind: shown.Kind, Decision: control.Decision(v.PostFormValue("decision"))}
	if args.Decision == "reject-all" {
		args.Decision, args.Digest = control.DecideReject, v.PostFormValue("digest")
	} else {
		args.Rows = v.PostForm["row"]
	}
	if args.Decision != control.DecideApprove && args.Decision != control.DecideReject || len(args.Rows) > heldShown || args.Digest == "" && len(args.Rows) == 0 {
		return &problem.Problem{
			Code: problem.Invalid, Title: "Nothing was chosen", Text: "Nothing was decided.", Hint: "Go back and tick the removals that you decide on.",
		}
	}
	ctx, cancel := context.WithTimeout(v.Context(), heldWait)
	defer cancel()
	done, err := c.Agents.Decide(ctx, shown.Agent.ID, args)
	if err != nil {
		return err
	}
	c.Log.Info("held removals were decided on", "agent", shown.Agent.ID, "kind", args.Kind, "decision", args.Decision, "rows", done.Done, "stale", done.Stale, "by", v.session.Administrator.Email)
	query := url.Values{"decided": {strconv.Itoa(done.Done)}, "stale": {strconv.Itoa(done.Stale)}}
	return v.redirect(shown.Path() + "?" + query.Encode())
}
