package console

import (
	"cmp"
	"encoding/csv"
	"errors"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant/audit"
)

// maxExported bounds an export; who needs more narrows the days.
const (
	maxExported  = 200_000
	exportedOnce = 500
	day          = "2006-01-02"
)

// auditView is a page of the audit log.
type auditView struct {
	Rows        []audit.Entry
	Search      string
	Kind        audit.ActorKind
	What        audit.What
	From, To    string // days
	Kinds       []audit.ActorKind
	Choices     []audit.Choice
	Next, First string
	Export      string
	Narrowed    bool
}

func (c *Console) auditPage(v *view) error {
	q, shown, err := auditQuery(v.URL.Query())
	if err != nil {
		return err
	}
	q.Limit = rowsShown + 1
	if shown.Rows, err = c.Store.Entries(v.Context(), q); err != nil {
		return err
	}
	if q.Before != 0 {
		shown.First = shown.address("/audit", 0)
	}
	if len(shown.Rows) > rowsShown {
		shown.Rows = shown.Rows[:rowsShown]
		shown.Next = shown.address("/audit", shown.Rows[rowsShown-1].Number)
	}
	return v.show("audit", page{Title: "Audit log", Section: "audit", Content: shown})
}

// auditQuery reads what the log is narrowed to. Both days count.
func auditQuery(params url.Values) (audit.Query, auditView, error) {
	shown := auditView{
		Search: searched(params.Get("q"), maxSearch), From: params.Get("from"), To: params.Get("to"), Kinds: audit.ActorKinds, Choices: audit.Choices(),
	}
	if kind := audit.ActorKind(params.Get("kind")); slices.Contains(shown.Kinds, kind) {
		shown.Kind = kind
	}
	if what := audit.What(params.Get("what")); slices.ContainsFunc(shown.Choices, func(c audit.Choice) bool { return c.What == what }) {
		shown.What = what
	}
	q := audit.Query{Search: shown.Search, Kind: shown.Kind, What: shown.What}
	var err1, err2 error
	if q.From, err1 = readDay(shown.From); shown.From == "" {
		err1 = nil
	}
	if q.Until, err2 = readDay(shown.To); shown.To == "" {
		err2 = nil
	} else {
		q.Until = q.Until.Add(24 * time.Hour)
	}
	if err := errors.Join(err1, err2); err != nil {
		return q, shown, &problem.Problem{Code: problem.Invalid, Title: "That is no day", Hint: "Give days as year, month and day, such as 2026-03-31.", Err: err}
	}
	q.Before, _ = strconv.ParseInt(params.Get("before"), 10, 64) // what is no number is the beginning
	shown.Narrowed = cmp.Or(shown.Search, string(shown.Kind), string(shown.What), shown.From, shown.To) != ""
	shown.Export = shown.address("/audit.csv", 0)
	return q, shown, nil
}

func readDay(text string) (time.Time, error) {
	at, err := time.ParseInLocation(day, text, time.UTC)
	if err != nil {
		return time.Time{}, err
	}
	return at, nil
}

func (a auditView) address(path string, before int64) string {
	params := url.Values{}
	for name, value := range map[string]string{"q": a.Search, "kind": string(a.Kind), "what": string(a.What), "from": a.From, "to": a.To} {
		if value != "" {
			params.Set(name, value)
		}
	}
	if before != 0 {
		params.Set("before", strconv.FormatInt(before, 10))
	}
	if len(params) == 0 {
		return path
	}
	return path + "?" + params.Encode()
}

// auditCSV gives what the page is narrowed to as a file, part by part.
func (c *Console) auditCSV(v *view) error {
	q, _, err := auditQuery(v.URL.Query())
	if err != nil {
		return err
	}
	q.Limit = exportedOnce
	entries, err := c.Store.Entries(v.Context(), q)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "audit-log.csv"}))
	out := csv.NewWriter(v.w)
	_ = out.Write([]string{"number", "time (UTC)", "kind of actor", "actor", "actor's id", "from", "code", "what", "kind of subject", "subject", "subject's id", "details"})
	for written := 0; err == nil && len(entries) > 0; {
		for _, e := range entries {
			_ = out.Write(plainCells(entryCells(e)...))
		}
		out.Flush()
		if written += len(entries); written >= maxExported {
			_ = out.Write([]string{"", "The export ends here, after " + num(written) + " entries. Narrow the days for the rest."})
			break
		}
		if len(entries) < exportedOnce || out.Error() != nil {
			break
		}
		q.Before = entries[len(entries)-1].Number
		entries, err = c.Store.Entries(v.Context(), q)
	}
	if err != nil {
		_ = out.Write([]string{"", "The export ends here: the log could not be read on."})
		c.Log.Error("exporting the audit log failed", "error", err)
	}
	out.Flush()
	return nil
}

func entryCells(e audit.Entry) []string {
	details := make([]string, len(e.Details))
	for i, d := range e.Details {
		details[i] = d.Words()
	}
	cells := []string{
		strconv.FormatInt(e.Number, 10), e.At.UTC().Format(time.RFC3339), string(e.Actor.Kind), e.Actor.Name, "", e.Actor.From, string(e.What), e.Words(),
		string(e.Subject.Kind), e.Subject.Name, "", strings.Join(details, "; "),
	}
	if e.Actor.ID != 0 {
		cells[4] = e.Actor.ID.String()
	}
	if e.Subject.ID != 0 {
		cells[10] = e.Subject.ID.String()
	}
	return cells
}
