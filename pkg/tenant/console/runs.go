package console

import (
	"encoding/csv"
	"mime"
	"net/url"
	"slices"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

// runsView is a page of an agent's runs.
type runsView struct {
	tenant.Agent
	Rows        []tenant.Run
	Next, First string
}

// runsPage lists an agent's runs, newest first, by key.
func (c *Console) runsPage(v *view) error {
	a, err := c.pathAgent(v)
	if err != nil {
		return err
	}
	shown := runsView{Agent: a}
	var before tenant.Run
	if id := v.URL.Query().Get("before"); id != "" {
		if before, err = c.Store.Run(v.Context(), a.ID, id); err != nil {
			return err
		}
		shown.First = v.URL.Path
	}
	if shown.Rows, err = c.Store.Runs(v.Context(), a.ID, before, rowsShown+1); err != nil {
		return err
	}
	if len(shown.Rows) > rowsShown {
		shown.Rows = shown.Rows[:rowsShown]
		shown.Next = v.URL.Path + "?before=" + url.QueryEscape(shown.Rows[rowsShown-1].ID)
	}
	return v.show("runs", page{Title: "Runs of " + a.Configuration.Name, Section: "directory-sync", Content: shown})
}

// runView is a run with a page of what it changed.
type runView struct {
	Agent       tenant.Agent
	Run         tenant.Run
	Undo        tenant.Undo // the zero Undo: it was never begun
	Counts      []kindCount
	Rows        []tenant.RunRow
	Search      string
	What        tenant.RowKind
	Kept        bool
	Export      string
	Next, First string
}

// Narrowed reports whether only some of the rows are asked for.
func (r runView) Narrowed() bool { return r.Search != "" || r.What != "" || r.Kept }

// Path is the address of the run.
func (r runView) Path() string { return runPath(r.Agent.ID, r.Run.ID) }

// Held reports whether the agent is held after this run was undone.
func (r runView) Held() bool { return r.Agent.Configuration.Undone == r.Run.ID }

type kindCount struct {
	What tenant.RowKind
	N    int
}

func runPath(agent tenant.ID, run string) string {
	return "/directory-sync/" + agent.String() + "/runs/" + url.PathEscape(run)
}

// pathRun is the agent and the run that the path names.
func (c *Console) pathRun(v *view) (shown runView, err error) {
	if shown.Agent, err = c.pathAgent(v); err != nil {
		return shown, err
	}
	id := v.PathValue("run")
	if len(id) > tenant.MaxRunID {
		return shown, tenant.NotFound("run")
	}
	if shown.Run, err = c.Store.Run(v.Context(), shown.Agent.ID, id); err != nil {
		return shown, err
	}
	shown.Undo, err = c.Store.Undo(v.Context(), shown.Run.Number)
	if problem.Is(err, problem.NotFound) {
		err = nil
	}
	return shown, err
}

// rowQuery reads what the rows are narrowed to.
func (r *runView) rowQuery(params url.Values) store.RowQuery {
	r.Search = searched(params.Get("q"), maxSearch)
	if what := tenant.RowKind(params.Get("what")); slices.Contains(tenant.RowKinds, what) {
		r.What = what
	}
	r.Kept = params.Get("kept") != ""
	r.Export = r.address("/changes.csv", 0)
	return store.RowQuery{Search: r.Search, What: r.What, Kept: r.Kept}
}

func (r *runView) address(below string, after tenant.ID) string {
	params := url.Values{}
	for name, value := range map[string]string{"q": r.Search, "what": string(r.What)} {
		if value != "" {
			params.Set(name, value)
		}
	}
	if r.Kept {
		params.Set("kept", "yes")
	}
	if after != 0 {
		params.Set("after", after.String())
	}
	if len(params) == 0 {
		return r.Path() + below
	}
	return r.Path() + below + "?" + params.Encode()
}

// runPage shows what a run changed, row by row.
func (c *Console) runPage(v *view) error {
	shown, err := c.pathRun(v)
	if err != nil {
		return err
	}
	q := shown.rowQuery(v.URL.Query())
	if after, err := tenant.ParseID(v.URL.Query().Get("after")); err == nil {
		q.After, shown.First = after, shown.address("", 0)
	}
	q.Limit = rowsShown + 1
	if shown.Run.Number != 0 {
		if shown.Rows, err = c.Store.RunRows(v.Context(), shown.Run.Number, q); err != nil {
			return err
		}
		counts, err := c.Store.CountRunRows(v.Context(), shown.Run.Number)
		if err != nil {
			return err
		}
		for _, what := range tenant.RowKinds {
			if counts[what] > 0 {
				shown.Counts = append(shown.Counts, kindCount{what, counts[what]})
			}
		}
	}
	if len(shown.Rows) > rowsShown {
		shown.Rows = shown.Rows[:rowsShown]
		shown.Next = shown.address("", shown.Rows[rowsShown-1].Number)
	}
	return v.show("run", page{Title: "A run of " + shown.Agent.Configuration.Name, Section: "directory-sync", Content: shown})
}

// runCSV gives what the page is narrowed to as a file, part by part: one line an attribute that changed.
func (c *Console) runCSV(v *view) error {
	shown, err := c.pathRun(v)
	if err != nil {
		return err
	}
	q := shown.rowQuery(v.URL.Query())
	q.Limit = exportedOnce
	var rows []tenant.RunRow
	if shown.Run.Number != 0 {
		if rows, err = c.Store.RunRows(v.Context(), shown.Run.Number, q); err != nil {
			return err
		}
	}
	v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "run.csv"}))
	out := csv.NewWriter(v.w)
	_ = out.Write([]string{"what", "name", "id", "member", "member's id", "attribute", "before", "after", "put back (UTC)", "left because"})
	for len(rows) > 0 && err == nil && out.Error() == nil {
		for _, row := range rows {
			for _, cells := range rowCells(row) {
				_ = out.Write(plainCells(cells...))
			}
		}
		out.Flush()
		if len(rows) < exportedOnce {
			break
		}
		q.After = rows[len(rows)-1].Number
		rows, err = c.Store.RunRows(v.Context(), shown.Run.Number, q)
	}
	if err != nil {
		_ = out.Write([]string{"", "The export ends here: the run could not be read on."})
		c.Log.Error("exporting a run failed", "error", err)
	}
	out.Flush()
	return nil
}

func rowCells(row tenant.RunRow) [][]string {
	first := []string{string(row.What), row.Name, row.Object.String(), row.MemberName, "", "", "", "", "", row.Kept}
	if row.Member != 0 {
		first[4] = row.Member.String()
	}
	if !row.Undone.IsZero() {
		first[8] = row.Undone.UTC().Format(time.RFC3339)
	}
	if len(row.Attributes) == 0 {
		return [][]string{first}
	}
	all := make([][]string, 0, len(row.Attributes))
	for _, a := range row.Attributes {
		one := slices.Clone(first)
		one[5], one[6], one[7] = tenant.AttributeWords(a.Name), a.Before, a.After
		all = append(all, one)
	}
	return all
}

// rowWord says what a run did, as a title of a row.
func rowWord(k tenant.RowKind) string {
	return map[tenant.RowKind]string{
		tenant.UserAdded: "User added", tenant.UserUpdated: "User updated", tenant.UserDisabled: "User disabled", tenant.UserEnabled: "User enabled again",
		tenant.UserRemoved: "User removed", tenant.GroupAdded: "Group added", tenant.GroupUpdated: "Group renamed", tenant.GroupRemoved: "Group removed",
		tenant.MemberAdded: "Added to a group", tenant.MemberRemoved: "Taken out of a group",
	}[k]
}
