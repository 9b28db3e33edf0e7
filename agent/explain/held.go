package explain

import (
	"context"
	"strconv"
	"strings"

	"passlysync/agent/mirror"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
)

// Held gives a page of the removals of a kind that are held or were rejected, each with its reason.
func Held(ctx context.Context, m *mirror.Mirror, args control.HeldArgs, v View) (page control.HeldPage, err error) {
	limit := args.Limit
	if limit <= 0 || limit > control.MaxHeldRows {
		limit = control.MaxHeldRows
	}
	after, ok := placeOf(args.After)
	if !ok || len(args.Search) > control.MaxHeldSearch {
		return page, &problem.Problem{Code: problem.Invalid, Title: "This list cannot be gone on with", Op: "listing held removals", Hint: "Load the page again."}
	}
	if page.Held, err = m.Held(ctx, args.Kind); err != nil {
		return page, err
	}
	if page.Held.Digest, err = m.Digest(ctx, args.Kind); err != nil {
		return page, err
	}
	found, next, err := m.HeldRows(ctx, args.Kind, strings.TrimSpace(args.Search), after, limit)
	page.Rows = make([]control.HeldRow, 0, len(found))
	for _, one := range found {
		page.Rows = append(page.Rows, v.heldRow(args.Kind, one))
	}
	if next.Seq != 0 {
		page.Next = strconv.FormatInt(next.Seq, 10) + "." + next.Member.String()
	}
	return page, err
}

// placeOf reads HeldPage.Next.
func placeOf(text string) (mirror.Place, bool) {
	if text == "" {
		return mirror.Place{}, true
	}
	number, guid, _ := strings.Cut(text, ".")
	seq, err := strconv.ParseInt(number, 10, 64)
	member, wrong := directory.ParseGUID(guid)
	return mirror.Place{Seq: seq, Member: member}, err == nil && wrong == nil
}

func (v View) heldRow(kind control.RemovalKind, one mirror.Removal) control.HeldRow {
	row := control.HeldRow{
		Row: one.Row, Name: one.Name, Mail: one.User.Mail, Logon: one.User.LogonName, Place: one.Known.Place,
		Since: one.Since, Rejected: one.Rejected,
	}
	if kind != control.RemoveMemberships {
		row.Because = v.standing(one.Known)
		row.Reason = sentence(v.cause(one.Known, row.Because))
		return row
	}
	row.Group = one.Group.Name
	switch {
	case one.Left:
		row.Reason = "The directory no longer has this membership."
	case one.Seq == 0:
		row.Name, row.Reason = one.GUID.String(), "The directory does not report this member."
	default:
		row.Because = v.standing(one.Known)
		if row.Because == "" {
			row.Because = v.standing(one.Group)
		}
		row.Reason = sentence(v.cause(one.Known, row.Because))
	}
	return row
}

// sentence makes one of a clause.
func sentence(clause string) string {
	if clause == "" {
		return "The directory no longer asks for it."
	}
	return strings.ToUpper(clause[:1]) + clause[1:] + "."
}
