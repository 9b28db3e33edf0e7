package console

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"mime"
	"strings"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// previewWait is how long a page waits for a preview before it says that the directory is still being read; previewRows is
// how many rows one page shows. The rest is in the file.
const (
	previewWait = 25 * time.Second
	previewRows = 200
	csvWait     = 4 * time.Minute
)

// previewView is what a sync would do, as a page shows it.
type previewView struct {
	control.Preview
	// Trouble says why there is none; one can go on without it.
	Trouble *problem.Problem
	// Query asks for the same again, as a file.
	Query string
	Shown int
}

// preview asks the agent what settings would do. An agent that cannot say does not stand in the way.
func (c *Console) preview(v *view, a tenant.Agent, s tenant.Settings) (*previewView, error) {
	ctx, cancel := context.WithTimeout(v.Context(), previewWait)
	defer cancel()
	args := control.PreviewArgs{Scope: s.Scope, Incomplete: s.Incomplete, Guard: &s.Guard, Limit: previewRows}
	found, err := c.whole(ctx, a.ID, args)
	if err != nil && v.Context().Err() != nil {
		return nil, err
	}
	shown := &previewView{Preview: found, Shown: len(found.Rows), Query: "?preview=" + found.ID}
	if err != nil {
		shown.Trouble = problem.Of(err)
	}
	return shown, nil
}

// whole asks until the directory is read.
func (c *Console) whole(ctx context.Context, id tenant.ID, args control.PreviewArgs) (control.Preview, error) {
	for {
		found, err := c.Agents.Preview(ctx, id, args)
		if err != nil || !found.Reading {
			return found, err
		}
		args.ID = found.ID
		select {
		case <-ctx.Done():
			return found, &problem.Problem{
				Code: problem.Unavailable, Title: "The directory is still being read", Text: fmt.Sprintf("%s so far. A large directory takes a while the first time.", many(found.Read, "entry")),
				Hint: "Show the preview again in a minute, or go on without it.", Err: ctx.Err(),
			}
		case <-time.After(time.Second):
		}
	}
}

// previewPage shows what the next sync would do as the agent is configured.
func (c *Console) previewPage(v *view) error {
	a, err := c.pathAgent(v)
	if err != nil {
		return err
	}
	shown := addView{configureView: configureView{Agent: a, Settings: a.Settings()}}
	if shown.Preview, err = c.preview(v, a, a.Settings()); err != nil {
		return err
	}
	return v.show("preview", page{Title: "Preview of " + a.Configuration.Name, Section: "directory-sync", Content: shown})
}

// previewCSV gives every row of a preview that is on a page as a file.
func (c *Console) previewCSV(v *view) error {
	id, err := v.pathID("agent")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(v.Context(), csvWait)
	defer cancel()
	args := control.PreviewArgs{ID: v.FormValue("preview")}
	first, err := c.Agents.Preview(ctx, id, args)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "preview.csv"}))
	out := csv.NewWriter(v.w)
	_ = out.Write([]string{"what", "kind", "name", "place", "e-mail", "user logon name", "why", "missing", "conflicts with", "reason", "objectGUID"})
	for found := first; ; {
		for _, r := range found.Rows {
			_ = out.Write(plainCells(string(r.Action), string(r.Kind), r.Name, r.Place, r.Mail, r.Logon, string(r.Because), strings.Join(r.Missing, ", "), r.Other, r.Reason, r.GUID.String()))
		}
		if found.Next == 0 {
			break
		}
		args.After = found.Next
		if found, err = c.Agents.Preview(ctx, id, args); err != nil {
			_ = out.Write([]string{"", "", "", "", "", "", "", "", "", "The list ends here: " + problem.Of(err).Title, ""})
			break
		}
	}
	out.Flush()
	if err := out.Error(); err != nil && !errors.Is(err, context.Canceled) {
		c.Log.Info("a preview was not taken to its end", "error", err)
	}
	return nil
}

// plainCells keeps a spreadsheet from taking a name for a formula.
func plainCells(cells ...string) []string {
	for i, cell := range cells {
		if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r") {
			cells[i] = "'" + cell
		}
	}
	return cells
}
