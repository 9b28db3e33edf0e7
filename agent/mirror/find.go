package mirror

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"passlysync/pkg/directory"
)

// Question asks for entries, in one of three ways.
type Question struct {
	GUID directory.GUID
	Path []string // names from the entry up to below the domain's root
	Text string   // any of its names, or a part of one
}

// Find gives up to limit entries that a question is about, the closest first, and whether there are more. It looks through
// the whole table, which costs no index to be kept up while people come by the hundred thousand.
func (m *Mirror) Find(ctx context.Context, q Question, limit int) (found []Known, more bool, err error) {
	switch {
	case !q.GUID.IsZero():
		err = m.search(ctx, "guid = ?", []any{q.GUID[:]}, &found)
	case len(q.Path) > 0:
		found, err = m.findPath(ctx, q.Path)
	case strings.TrimSpace(q.Text) != "":
		found, err = m.findText(ctx, strings.TrimSpace(q.Text))
	}
	if err != nil {
		return nil, false, err
	}
	if more = len(found) > limit; more {
		found = found[:limit]
	}
	for i := range found {
		m.withOther(ctx, &found[i])
	}
	return found, more, nil
}

// atMost bounds what is looked at more closely than the table can.
const atMost = 500

func (m *Mirror) search(ctx context.Context, where string, args []any, found *[]Known) error {
	return m.list(ctx, "SELECT "+columns+" FROM entries WHERE kind <> 'unit' AND "+where+" LIMIT ?", append(args, atMost), nil,
		func(k Known) { *found = append(*found, k) })
}

func (m *Mirror) findPath(ctx context.Context, path []string) ([]Known, error) {
	var found []Known
	if err := m.search(ctx, `name LIKE ? ESCAPE '\'`, []any{pattern(path[0])}, &found); err != nil {
		return nil, err
	}
	units := slices.Clone(path[1:])
	slices.Reverse(units)
	place := strings.Join(units, " / ")
	return slices.DeleteFunc(found, func(k Known) bool {
		return !strings.EqualFold(k.Name, path[0]) || place != "" && !strings.EqualFold(k.Place, place)
	}), nil
}

// named are the columns that a text is compared with.
var named = []string{"name", "mail", "logon_name", "sam", "display", "given_name || ' ' || surname"}

// findText looks for entries with exactly this name, and if there are none for users and groups with a part of it.
func (m *Mirror) findText(ctx context.Context, text string) ([]Known, error) {
	_, account, qualified := strings.Cut(text, `\`) // DOMAIN\name
	if !qualified {
		account = text
	}
	var found []Known
	if err := m.search(ctx, anyNamed(), patterns(pattern(text), pattern(account)), &found); err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(k Known) bool { return closeness(k, text, account) != exactly })
	if len(found) == 0 {
		part := "%" + pattern(text) + "%"
		if err := m.search(ctx, "kind IN ('user', 'group') AND "+anyNamed(), patterns(part, part), &found); err != nil {
			return nil, err
		}
		found = slices.DeleteFunc(found, func(k Known) bool { return closeness(k, text, account) == apart })
	}
	slices.SortStableFunc(found, func(a, b Known) int {
		return cmp.Or(closeness(a, text, account)-closeness(b, text, account), gone(a)-gone(b), cmp.Compare(a.Seq, b.Seq))
	})
	return found, nil
}

func anyNamed() string {
	return "(" + strings.Join(named, ` LIKE ? ESCAPE '\' OR `) + ` LIKE ? ESCAPE '\')`
}

func patterns(text, account string) []any {
	all := make([]any, len(named))
	for i, column := range named {
		all[i] = text
		if column == "sam" {
			all[i] = account
		}
	}
	return all
}

// pattern writes a text for LIKE, which folds only ASCII: any other character stands for whatever there is, and closeness
// looks at it.
func pattern(text string) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case c > 127:
			b.WriteByte('_')
		case c == '%' || c == '_' || c == '\\':
			b.WriteByte('\\')
			fallthrough
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// How close a name comes to what was asked for.
const (
	exactly = iota
	atStart
	atWord
	within
	apart
)

func closeness(k Known, text, account string) int {
	u := k.User
	best := closer(u.SAMAccountName, account)
	for _, name := range []string{k.Name, u.Mail, u.LogonName, u.DisplayName, u.GivenName + " " + u.Surname} {
		best = min(best, closer(name, text))
	}
	return best
}

func closer(name, text string) int {
	name, text = strings.ToLower(name), strings.ToLower(text)
	switch {
	case name == text:
		return exactly
	case strings.HasPrefix(name, text):
		return atStart
	case strings.Contains(name, " "+text):
		return atWord
	case strings.Contains(name, text):
		return within
	}
	return apart
}

func gone(k Known) int {
	if k.User.Deleted {
		return 1
	}
	return 0
}

// Blocker gives the user who holds back the additions after it under the documented halt; see Frontier.
func (m *Mirror) Blocker(ctx context.Context) (Known, bool, error) {
	var found []Known
	seq, err := m.Frontier(ctx)
	if err != nil || seq == Everything {
		return Known{}, false, err
	}
	if err := m.search(ctx, "seq = ?", []any{seq}, &found); err != nil || len(found) == 0 {
		return Known{}, false, err
	}
	m.withOther(ctx, &found[0])
	return found[0], true, nil
}
