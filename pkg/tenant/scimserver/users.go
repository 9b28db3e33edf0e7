package scimserver

import (
	"context"
	"fmt"
	"net/http"

	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/onboarding"
	"passlysync/pkg/tenant/store"
)

// maxGroupsShown bounds the read-only groups of a user.
const maxGroupsShown = 1000

func (c *call) getUser() error {
	id, err := c.id("user")
	if err != nil {
		return err
	}
	u, err := c.server.store.User(c.Context(), c.scope(), id)
	if err != nil {
		return err
	}
	if c.unchanged(u.Version) {
		return nil
	}
	return c.answerUser(u)
}

// answerUser answers with the whole user, subject to the attributes asked for: what GET gives (RFC 7644 §3.5).
func (c *call) answerUser(u tenant.User) (err error) {
	resource := c.userResource(u)
	if c.selection().wants("groups") {
		if resource.Groups, err = c.groupsOf(u.ID); err != nil {
			return err
		}
	}
	return c.answer(http.StatusOK, resource.Meta, &resource)
}

// unchanged answers 304 where the client has this version already.
func (c *call) unchanged(version int64) bool {
	given := c.Header.Get("If-None-Match")
	if given == "" || match(given, version) != nil {
		return false
	}
	c.w.Header().Set("ETag", etag(version))
	c.w.WriteHeader(http.StatusNotModified)
	return true
}

func (c *call) groupsOf(id tenant.ID) ([]scim.Member, error) {
	groups, err := c.server.store.GroupsOf(c.Context(), id, maxGroupsShown)
	if err != nil {
		return nil, err
	}
	var members []scim.Member
	for _, g := range groups {
		if c.scope().Sees(g.Agent) {
			members = append(members, scim.Member{Value: g.ID.String(), Display: g.DisplayName, Ref: c.base + "/Groups/" + g.ID.String()})
		}
	}
	return members, nil
}

func (c *call) postUser() error {
	var given scim.User
	if err := c.read(&given); err != nil {
		return err
	}
	u, err := c.newUser(&given)
	if err != nil {
		return err
	}
	users := []tenant.User{u}
	if err := c.write(func(tx store.Tx, j *journal) error {
		outcome, err := c.addUsers(c.Context(), tx, j, users)
		if err != nil {
			return err
		}
		return outcome[0]
	}); err != nil {
		return err
	}
	resource := c.userResource(users[0])
	return c.answer(http.StatusCreated, resource.Meta, &resource)
}

// addUsers adds users and queues the e-mails that the policy asks for, in one transaction.
func (c *call) addUsers(ctx context.Context, tx store.Tx, j *journal, users []tenant.User) ([]error, error) {
	if err := j.begin(ctx); err != nil {
		return nil, err
	}
	outcome, err := tx.AddUsers(ctx, users)
	if err == nil {
		err = j.added(ctx, users, outcome)
	}
	if err != nil {
		return nil, err
	}
	return outcome, onboarding.Welcome(ctx, tx, c.policy, users, outcome)
}

func (c *call) putUser() error {
	var given scim.User
	if err := c.read(&given); err != nil {
		return err
	}
	return c.writeUser(func(u *tenant.User) error { return fill(u, &given) })
}

func (c *call) patchUser() error {
	var given scim.Patch
	if err := c.read(&given); err != nil {
		return err
	}
	return c.writeUser(func(u *tenant.User) error { return patch(u, given) })
}

func (c *call) writeUser(edit func(*tenant.User) error) error {
	id, err := c.id("user")
	if err != nil {
		return err
	}
	var u tenant.User
	if err := c.write(func(tx store.Tx, j *journal) (err error) {
		u, err = editUser(c.Context(), tx, j, c.scope(), id, c.Header.Get("If-Match"), edit)
		return err
	}); err != nil {
		return err
	}
	return c.answerUser(u)
}

// editUser changes a user; an edit that changes nothing writes nothing and keeps the version.
func editUser(ctx context.Context, tx store.Tx, j *journal, in tenant.Scope, id tenant.ID, version string, edit func(*tenant.User) error) (tenant.User, error) {
	before, u, err := edited(ctx, tx, in, id, version, edit)
	if err != nil {
		return u, err
	}
	if sameUser(before, u) {
		return before, nil
	}
	if err := tx.ReplaceUser(ctx, &u); err != nil {
		return u, err
	}
	return u, j.user(ctx, before, u)
}

// edited gives a user as it is and as it is to be.
func edited(ctx context.Context, tx store.Tx, in tenant.Scope, id tenant.ID, version string, edit func(*tenant.User) error) (before, after tenant.User, err error) {
	if before, err = tx.User(ctx, in, id); err != nil {
		return before, before, err
	}
	if err := match(version, before.Version); err != nil {
		return before, before, err
	}
	after = before
	return before, after, edit(&after)
}

func sameUser(a, b tenant.User) bool {
	return fmt.Sprint(a) == fmt.Sprint(b)
}

// patch applies PATCH operations through the resource's form.
func patch(u *tenant.User, p scim.Patch) error {
	if len(p.Operations) == 0 {
		return invalidValue("Operations is empty")
	}
	r := caller{}.userResource(*u)
	if err := scim.ApplyUser(&r, p.Operations); err != nil {
		return err
	}
	return fill(u, &r)
}

func (c *call) deleteUser() error {
	id, err := c.id("user")
	if err != nil {
		return err
	}
	if err := c.write(func(tx store.Tx, j *journal) error {
		return removeUser(c.Context(), tx, j, c.scope(), id, c.Header.Get("If-Match"))
	}); err != nil {
		return err
	}
	return c.noContent()
}

func removeUser(ctx context.Context, tx store.Tx, j *journal, in tenant.Scope, id tenant.ID, version string) error {
	u, err := tx.User(ctx, in, id)
	if err != nil {
		return err
	}
	if err := match(version, u.Version); err != nil {
		return err
	}
	if err := j.userGone(ctx, u); err != nil {
		return err
	}
	return tx.RemoveUser(ctx, in, id)
}
