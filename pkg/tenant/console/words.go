package console

import (
	"fmt"
	"html/template"
	"path"
	"strconv"
	"strings"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant"
)

// loadPages parses each page together with the layout.
func (c *Console) loadPages() map[string]*template.Template {
	entries, err := files.ReadDir("templates")
	if err != nil {
		panic(err) // part of the program
	}
	layout := template.Must(template.New("").Funcs(template.FuncMap{
		"ago": c.ago, "moment": moment, "num": num, "many": many, "lag": lag, "sign": sign, "severity": severity,
		"removal": removal, "stateWord": stateWord, "took": took, "size": size, "rowWord": rowWord, "attributeWords": tenant.AttributeWords, "action": action, "explained": explained, "directoryState": directoryState, "roles": roles, "mayChange": tenant.Role.MayChange, "roleWord": roleWord, "roleMeans": roleMeans, "roleWords": roleWords, "add": func(a, b int) int { return a + b }, "list": func(s ...string) []string { return s },
		"join": strings.Join, "limitRow": func(name, words string, l control.Limit) limitRow { return limitRow{name, words, l} },
	}).ParseFS(files, "templates/layout.html", "templates/parts.html"))
	pages := map[string]*template.Template{}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), path.Ext(e.Name()))
		if name != "layout" && name != "parts" {
			pages[name] = template.Must(template.Must(layout.Clone()).ParseFS(files, "templates/"+e.Name()))
		}
	}
	return pages
}

type limitRow struct {
	Name, Words string
	Limit       control.Limit
}

// ago says how long ago something was, as people do.
func (c *Console) ago(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	switch d := c.Now().Sub(t); {
	case d < 5*time.Second:
		return "just now"
	case d < time.Minute:
		return many(int(d/time.Second), "second") + " ago"
	case d < time.Hour:
		return many(int(d/time.Minute), "minute") + " ago"
	case d < 24*time.Hour:
		return many(int(d/time.Hour), "hour") + " ago"
	case d < 30*24*time.Hour:
		return many(int(d/(24*time.Hour)), "day") + " ago"
	}
	return t.UTC().Format("2 January 2006")
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 2006, 15:04:05 UTC")
}

// num groups thousands.
func num(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

func many(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if strings.HasSuffix(thing, "person") {
		return num(n) + " " + strings.TrimSuffix(thing, "person") + "people"
	}
	return num(n) + " " + thing + "s"
}

// lag says how old the oldest unsent change is.
func lag(seconds float64) string {
	if seconds < 1 {
		return "none"
	}
	return took(time.Duration(seconds * float64(time.Second)))
}

func took(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

// sign goes with a severity's colour and word, so that none of them carries the meaning alone.
func sign(s control.Severity) string {
	switch s {
	case control.OK:
		return "✓"
	case control.Warning:
		return "!"
	case control.Failure:
		return "✕"
	}
	return "i"
}

func severity(s control.Severity) string {
	switch s {
	case control.OK:
		return "Good"
	case control.Warning:
		return "Warning"
	case control.Failure:
		return "Failure"
	}
	return "Notice"
}

// removal says what a held kind would do to n things.
func removal(k control.RemovalKind, n int) string {
	switch k {
	case control.RemoveUsers:
		return "Disable " + many(n, "person")
	case control.RemoveGroups:
		return "Remove " + many(n, "group")
	case control.RemoveMemberships:
		return "Remove " + many(n, "membership")
	}
	return "Remove " + num(n)
}

func stateWord(s tenant.State) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(string(s[:1])) + string(s[1:])
}

// size says bytes as people do.
func size(n int64) string {
	switch {
	case n < 1<<10:
		return many(int(n), "byte")
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// action says in a word what becomes of somebody, or why nothing does.
func action(r control.PreviewRow) string {
	if r.Action != control.ActionNothing {
		return map[control.Action]string{
			control.ActionAdd: "Add", control.ActionUpdate: "Update", control.ActionEnable: "Enable again",
			control.ActionDisable: "Disable", control.ActionRemove: "Remove",
		}[r.Action]
	}
	return map[control.Because]string{
		control.BecauseIncomplete: "Incomplete", control.BecauseConflict: "Conflict", control.BecauseWaiting: "Waits",
		control.BecauseHeld: "Held", control.BecauseRefused: "Refused", control.BecauseDisabled: "Left out", control.BecauseExpired: "Left out",
	}[r.Because]
}

// explained says in a word what becomes of who was asked for.
func explained(e control.Explained) string {
	if word := action(control.PreviewRow{Action: e.Action, Because: e.Because}); word != "" {
		return word
	}
	if e.Tenant.Added && e.Tenant.Active {
		return "In sync"
	}
	return "Left out"
}

func directoryState(s control.DirectoryState) string {
	return map[control.DirectoryState]string{
		control.StateEnabled: "Enabled", control.StateDisabled: "Disabled", control.StateExpired: "Expired",
		control.StateDeleted: "Deleted", control.StateOther: "No person, and no group that is synced",
	}[s]
}
