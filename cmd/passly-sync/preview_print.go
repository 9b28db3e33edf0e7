package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strings"

	"passlysync/pkg/control"
	"passlysync/pkg/terminal"
)

// shown is how many rows of those that need no attention are printed for people.
const shown = 20

// printPreview prints figures, then the rows: all who need attention, and the first of the others.
func printPreview(w io.Writer, p control.Preview, rows iter.Seq2[control.PreviewRow, error]) error {
	fmt.Fprintln(w, "The next sync would:\n"+figures(p))
	others := 0
	for row, err := range rows {
		if err != nil {
			return err
		}
		if calm := row.Because == "" || row.Action != control.ActionNothing; calm {
			if others++; others > shown {
				continue
			}
		}
		fmt.Fprintln(w, terminal.Plain(rowWords(row)))
	}
	if others > shown {
		fmt.Fprintf(w, "… and %d more; --csv lists everybody.\n", others-shown)
	}
	fmt.Fprintln(w, "Nothing was changed.")
	return nil
}

func figures(p control.Preview) string {
	r := p.Run
	var b strings.Builder
	for _, line := range []struct{ does, what string }{
		{"add", things(r.UsersAdded, r.GroupsAdded, r.MembersAdded)},
		{"update", things(r.UsersUpdated, r.GroupsUpdated, 0)},
		{"enable", things(r.UsersEnabled, 0, 0)},
		{"disable", things(r.UsersDisabled, 0, 0)},
		{"remove", things(0, r.GroupsRemoved, r.MembersRemoved)},
		{"leave out", unsynced(p.Counts)},
	} {
		if line.what != "" {
			fmt.Fprintf(&b, "  %-10s %s\n", line.does, line.what)
		}
	}
	for _, h := range p.Held {
		fmt.Fprintf(&b, "  %-10s %d removals of %s for approval, where %d pass by themselves\n", "hold", h.Count, h.Kind, h.Allowed)
	}
	if b.Len() == 0 {
		return "  do nothing: all is as the directory has it.\n"
	}
	return b.String()
}

func things(users, groups, memberships int) string {
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{{users, "user"}, {groups, "group"}, {memberships, "membership"}} {
		if part.n > 0 {
			parts = append(parts, count(part.n, part.what))
		}
	}
	return strings.Join(parts, ", ")
}

// rowWords begin with a sign and the action, so that no colour is needed.
func rowWords(row control.PreviewRow) string {
	signs := map[control.Action]string{
		control.ActionAdd: "+", control.ActionUpdate: "~", control.ActionEnable: "~", control.ActionDisable: "-", control.ActionRemove: "-",
		control.ActionNothing: "!",
	}
	return fmt.Sprintf("%s %-8s %s in %s. %s", signs[row.Action], row.Action, row.Name, row.Place, row.Reason)
}

func printCSV(w io.Writer, rows iter.Seq2[control.PreviewRow, error]) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"action", "kind", "name", "e-mail", "user logon name", "place", "because", "missing", "other", "reason", "objectGUID"})
	for row, err := range rows {
		if err != nil {
			return err
		}
		_ = out.Write([]string{
			string(row.Action), string(row.Kind), cell(row.Name), cell(row.Mail), cell(row.Logon), cell(row.Place), string(row.Because),
			strings.Join(row.Missing, ", "), cell(row.Other), cell(row.Reason), row.GUID.String(),
		})
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("writing the preview: %w", err)
	}
	return nil
}

// cell keeps a name that looks like a formula from being one in a spreadsheet, and from steering a terminal.
func cell(text string) string {
	text = terminal.Plain(text)
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
