package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/tenant"
)

const (
	userColumns = `id, agent, organization, external_id, user_name, user_name_key, given_name, family_name, formatted_name,
		display_name, mail, mail_key, mail_type, other_mail, sam_account, state, former, version, created, modified, search_key, two_factor, name_key`
	userSelect = `id, agent, organization, external_id, user_name, given_name, family_name, formatted_name, display_name, mail,
		mail_type, other_mail, sam_account, state, former, version, created, modified, two_factor`
	userWidth = 23
)

// User gives one user.
func (s session) User(ctx context.Context, in tenant.Scope, id tenant.ID) (tenant.User, error) {
	found, err := list(ctx, s, "SELECT "+userSelect+" FROM users WHERE id = ?", []any{int64(id)}, scanUser)
	if err != nil {
		return tenant.User{}, fmt.Errorf("reading a user: %w", err)
	}
	if len(found) == 0 || !in.Sees(found[0].Agent) {
		return tenant.User{}, tenant.NotFound("user")
	}
	return found[0], nil
}

func scanUser(row scanner) (tenant.User, error) {
	var (
		u                 tenant.User
		created, modified int64
		text              [10]sql.NullString // external, given, family, formatted, display, mail, type, other, sam, former
	)
	err := row.Scan(&u.ID, &u.Agent, &u.Organization, &text[0], &u.UserName, &text[1], &text[2], &text[3], &text[4], &text[5],
		&text[6], &text[7], &text[8], &u.State, &text[9], &u.Version, &created, &modified, &u.TwoFactor)
	if err != nil {
		return u, err
	}
	u.ExternalID, u.GivenName, u.FamilyName, u.FormattedName = text[0].String, text[1].String, text[2].String, text[3].String
	u.DisplayName, u.Mail, u.MailType, u.SAMAccountName = text[4].String, text[5].String, text[6].String, text[8].String
	u.Former, u.Created, u.Modified = tenant.State(text[9].String), fromMillis(created), fromMillis(modified)
	if text[7].String != "" {
		err = json.Unmarshal([]byte(text[7].String), &u.OtherMail)
	}
	return u, err
}

// userArgs appends a user's columns in the order of userColumns.
func userArgs(args []any, u *tenant.User) ([]any, error) {
	var other any
	if len(u.OtherMail) > 0 {
		raw, err := json.Marshal(u.OtherMail)
		if err != nil {
			return nil, fmt.Errorf("writing e-mail addresses: %w", err)
		}
		other = string(raw)
	}
	return append(args, int64(u.ID), int64(u.Agent), int64(u.Organization), null(u.ExternalID), u.UserName,
		tenant.Fold(u.UserName), null(u.GivenName), null(u.FamilyName), null(u.FormattedName), null(u.DisplayName),
		null(u.Mail), null(tenant.Fold(u.Mail)), null(u.MailType), other, null(u.SAMAccountName), string(u.State),
		null(string(u.Former)), u.Version, millis(u.Created), millis(u.Modified), searchKey(u), u.TwoFactor, tenant.Fold(u.ShownName())), nil
}

// searchKey holds every name that people search by, one a line. What another has in it is left out: searching reads all
// of these.
func searchKey(u *tenant.User) string {
	key := tenant.Fold(u.UserName)
	for _, name := range [...]string{u.Mail, u.DisplayName, u.GivenName + " " + u.FamilyName, u.SAMAccountName} {
		if name = tenant.Fold(name); !strings.Contains(key, name) {
			key += "\n" + name
		}
	}
	return key
}

// AddUsers adds many rows with one statement; only when that fails, one at a time, to learn which cannot be added.
func (w *writer) AddUsers(ctx context.Context, users []tenant.User) ([]error, error) {
	ctx = context.WithoutCancel(ctx)
	now := w.now()
	for i := range users {
		u := &users[i]
		u.ID, u.Version, u.Created, u.Modified = w.ids.Next(), 1, now, now
	}
	outcome := make([]error, len(users))
	for begin := 0; begin < len(users); begin += w.dialect.AddChunk {
		end := min(begin+w.dialect.AddChunk, len(users))
		err := w.insertUsers(ctx, users[begin:end])
		if w.duplicate(err) {
			err = w.addOneByOne(ctx, users[begin:end], outcome[begin:end])
		}
		if err != nil {
			return nil, fmt.Errorf("adding users: %w", err)
		}
	}
	return outcome, nil
}

func (w *writer) addOneByOne(ctx context.Context, users []tenant.User, outcome []error) error {
	for i := range users {
		err := w.insertUsers(ctx, users[i:i+1])
		if err == nil {
			continue
		}
		if !w.duplicate(err) {
			return err
		}
		if outcome[i] = w.takenUser(ctx, &users[i]); outcome[i] == nil {
			return err
		}
	}
	return nil
}

func (w *writer) insertUsers(ctx context.Context, users []tenant.User) (err error) {
	args := make([]any, 0, len(users)*userWidth)
	for i := range users {
		if args, err = userArgs(args, &users[i]); err != nil {
			return err
		}
	}
	return w.mayFail(ctx, func() error {
		_, err := w.exec(ctx, insertUsersQuery(len(users)), args...)
		return err
	})
}

func insertUsersQuery(rows int) string {
	row := ", (?" + strings.Repeat(", ?", userWidth-1) + ")"
	return "INSERT INTO users (" + userColumns + ") VALUES " + strings.Repeat(row, rows)[2:]
}

// takenUser finds which name of the user is in use; nil when none is.
func (w *writer) takenUser(ctx context.Context, u *tenant.User) error {
	for _, check := range []struct {
		attribute, value, query string
		args                    []any
	}{
		{"externalId", u.ExternalID, "SELECT id FROM users WHERE agent = ? AND external_id = ? AND id <> ?", []any{int64(u.Agent), u.ExternalID, int64(u.ID)}},
		{"userName", u.UserName, "SELECT id FROM users WHERE user_name_key = ? AND state <> 'disabled' AND id <> ?", []any{tenant.Fold(u.UserName), int64(u.ID)}},
		{"emails", u.Mail, "SELECT id FROM users WHERE mail_key = ? AND state <> 'disabled' AND id <> ?", []any{tenant.Fold(u.Mail), int64(u.ID)}},
	} {
		if check.value == "" || u.State == tenant.Disabled && check.attribute != "externalId" {
			continue
		}
		var other int64
		err := w.one(ctx, check.query, check.args, &other)
		if err == nil {
			return &tenant.Taken{Attribute: check.attribute, Value: check.value}
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("looking for a name in use: %w", err)
		}
	}
	return nil
}

const replaceUser = `UPDATE users SET organization = ?3, external_id = ?4, user_name = ?5, user_name_key = ?6, given_name = ?7, family_name = ?8,
	formatted_name = ?9, display_name = ?10, mail = ?11, mail_key = ?12, mail_type = ?13, other_mail = ?14, sam_account = ?15,
	state = ?16, former = ?17, version = ?18, modified = ?20, search_key = ?21, two_factor = ?22, name_key = ?23
	WHERE id = ?1 AND agent = ?2 AND CAST(?19 AS BIGINT) = ?19`

// ReplaceUser writes a user as it is now.
func (w *writer) ReplaceUser(ctx context.Context, u *tenant.User) error {
	ctx = context.WithoutCancel(ctx)
	u.Version++
	u.Modified = w.now()
	args, err := userArgs(make([]any, 0, userWidth), u)
	if err != nil {
		return err
	}
	var n int
	err = w.mayFail(ctx, func() (err error) {
		n, err = w.exec(ctx, replaceUser, args...)
		return err
	})
	if w.duplicate(err) {
		if taken := w.takenUser(ctx, u); taken != nil {
			return taken
		}
	}
	return changedOne(n, err, "user")
}

// FreeNames puts what nobody is called in the names' places.
func (w *writer) FreeNames(ctx context.Context, users []tenant.ID) error {
	ctx = context.WithoutCancel(ctx)
	for _, id := range users {
		nobody := "\x1f" + id.String() // no name has such a character
		n, err := w.exec(ctx, "UPDATE users SET user_name_key = ?2, mail_key = NULL WHERE id = ?1", int64(id), nobody)
		if err := changedOne(n, err, "user"); err != nil {
			return err
		}
	}
	return nil
}

// RemoveUser removes a user and its memberships.
func (w *writer) RemoveUser(ctx context.Context, in tenant.Scope, id tenant.ID) error {
	ctx = context.WithoutCancel(ctx)
	if err := w.keepAdded(ctx, id); err != nil {
		return err
	}
	n, err := w.exec(ctx, "DELETE FROM users WHERE id = ?1 AND (agent = ?2 OR ?2 = 0)", int64(id), int64(in.Agent))
	if err := changedOne(n, err, "user"); err != nil {
		return err
	}
	if _, err := w.exec(ctx, "DELETE FROM members WHERE member_id = ?", int64(id)); err != nil {
		return fmt.Errorf("removing memberships: %w", err)
	}
	return w.forgetPerson(ctx, id)
}

// changedOne turns the outcome of a statement that must change one row into an error.
func changedOne(n int, err error, what string) error {
	if err != nil {
		return fmt.Errorf("writing a %s: %w", what, err)
	}
	if n == 0 {
		return tenant.NotFound(what)
	}
	return nil
}
