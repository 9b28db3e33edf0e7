package scimserver

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"passlysync/pkg/scim"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/store"
)

const (
	membersPage = 5000
	// maxEchoed is how many members the answer to a PATCH repeats: one that changes one of many thousands costs one.
	maxEchoed = 200
)

func (c caller) groupResource(g tenant.Group) scim.Group {
	return scim.Group{
		Schemas: []string{scim.GroupSchema}, ID: g.ID.String(), ExternalID: g.ExternalID, DisplayName: g.DisplayName,
		Meta: meta("Group", c.base, g.ID, g.Version, g.Created, g.Modified),
	}
}

func (c *call) getGroup() error {
	id, err := c.id("group")
	if err != nil {
		return err
	}
	g, err := c.server.store.Group(c.Context(), c.scope(), id)
	if err != nil {
		return err
	}
	if c.unchanged(g.Version) {
		return nil
	}
	resource := c.groupResource(g)
	if c.selection().wants("members") {
		if resource.Members, err = c.members(g.ID, maxListedMembers*10); err != nil {
			return err
		}
	}
	return c.answer(http.StatusOK, resource.Meta, &resource)
}

// members reads a group's members page by page, so that no other request waits long, up to limit.
func (c *call) members(group tenant.ID, limit int) ([]scim.Member, error) {
	var (
		all   []scim.Member
		after tenant.ID
		size  = min(membersPage, limit+1)
	)
	for {
		page, err := c.server.store.Members(c.Context(), group, after, size)
		if err != nil {
			return nil, err
		}
		for _, m := range page {
			id := m.ID.String()
			all = append(all, scim.Member{Value: id, Type: string(m.Kind), Display: m.Display, Ref: c.base + "/" + string(m.Kind) + "s/" + id})
			after = m.ID
		}
		if len(page) < size {
			return all, nil
		}
		if len(all) > limit {
			return nil, &scim.InputError{SCIMType: "tooMany", Detail: "these are too many members for one answer; ask with excludedAttributes=members"}
		}
	}
}

func (c *call) postGroup() error {
	var given scim.Group
	if err := c.read(&given); err != nil {
		return err
	}
	var g tenant.Group
	if err := c.write(func(tx store.Tx, j *journal) (err error) {
		g, err = c.addGroup(c.Context(), tx, j, given, ids)
		return err
	}); err != nil {
		return err
	}
	return c.answerGroup(http.StatusCreated, g)
}

// answerGroup answers with the whole group, subject to the attributes asked for. Where that is too much and nobody asked for it by
// name, a PATCH is answered without a body (RFC 7644 §3.5.2), and others without the members, which the client has just said.
func (c *call) answerGroup(status int, g tenant.Group) (err error) {
	resource, sel := c.groupResource(g), c.selection()
	patched, named := c.Method == http.MethodPatch, sel.names("members")
	limit := membersPage
	switch {
	case named:
		limit = maxListedMembers * 10
	case patched:
		limit = maxEchoed
	}
	if sel.wants("members") {
		resource.Members, err = c.members(g.ID, limit)
	}
	var many *scim.InputError
	if err != nil && (named || !errors.As(err, &many)) {
		return err
	}
	if err != nil && patched {
		c.w.Header().Set("ETag", resource.Meta.Version)
		return c.noContent()
	}
	return c.answer(status, resource.Meta, &resource)
}

// resolver turns the values of members into ids; in a bulk request they may name operations.
type resolver func([]scim.Member) ([]tenant.ID, error)

// ids resolves plain ids.
func ids(members []scim.Member) ([]tenant.ID, error) {
	found := make([]tenant.ID, len(members))
	for i, m := range members {
		id, err := tenant.ParseID(m.Value)
		if err != nil {
			return nil, &tenant.UnknownMember{ID: m.Value}
		}
		found[i] = id
	}
	return found, nil
}

func (c caller) addGroup(ctx context.Context, tx store.Tx, j *journal, given scim.Group, resolve resolver) (tenant.Group, error) {
	g := tenant.Group{Agent: c.agent, Organization: c.organization, ExternalID: given.ExternalID, DisplayName: given.DisplayName}
	if err := checkGroup(g); err != nil {
		return g, err
	}
	members, err := resolve(given.Members)
	if err != nil {
		return g, err
	}
	if err := j.begin(ctx); err != nil {
		return g, err
	}
	if err := tx.AddGroup(ctx, &g); err != nil {
		return g, err
	}
	if err := j.group(ctx, tenant.Group{ID: g.ID}, g); err != nil {
		return g, err
	}
	if err := j.members(ctx, g, tenant.MemberAdded, members); err != nil {
		return g, err
	}
	_, err = tx.AddMembers(ctx, c.scope(), g.ID, members)
	return g, err
}

func checkGroup(g tenant.Group) error {
	if strings.TrimSpace(g.DisplayName) == "" {
		return invalidValue("displayName is required")
	}
	if err := checkText("displayName", g.DisplayName); err != nil {
		return err
	}
	return checkText("externalId", g.ExternalID)
}

func (c *call) putGroup() error {
	var given scim.Group
	if err := c.read(&given); err != nil {
		return err
	}
	return c.writeGroup(replacing(given))
}

// replacing is a PUT as the changes that it amounts to.
func replacing(given scim.Group) scim.GroupPatch {
	return scim.GroupPatch{
		DisplayName: &given.DisplayName, ExternalID: &given.ExternalID,
		Members: []scim.MemberChange{{Replace: true, Add: given.Members}},
	}
}

func (c *call) patchGroup() error {
	var given scim.Patch
	if err := c.read(&given); err != nil {
		return err
	}
	changes, err := readGroupPatch(given)
	if err != nil {
		return err
	}
	return c.writeGroup(changes)
}

func readGroupPatch(p scim.Patch) (scim.GroupPatch, error) {
	if len(p.Operations) == 0 {
		return scim.GroupPatch{}, invalidValue("Operations is empty")
	}
	return scim.ReadGroupPatch(p.Operations)
}

func (c *call) writeGroup(changes scim.GroupPatch) error {
	id, err := c.id("group")
	if err != nil {
		return err
	}
	var g tenant.Group
	if err := c.write(func(tx store.Tx, j *journal) (err error) {
		g, err = editGroup(c.Context(), tx, j, c.scope(), id, c.Header.Get("If-Match"), changes, ids)
		return err
	}); err != nil {
		return err
	}
	return c.answerGroup(http.StatusOK, g)
}

func (c *call) deleteGroup() error {
	id, err := c.id("group")
	if err != nil {
		return err
	}
	if err := c.write(func(tx store.Tx, j *journal) error {
		return removeGroup(c.Context(), tx, j, c.scope(), id, c.Header.Get("If-Match"))
	}); err != nil {
		return err
	}
	return c.noContent()
}

func removeGroup(ctx context.Context, tx store.Tx, j *journal, in tenant.Scope, id tenant.ID, version string) error {
	g, err := tx.Group(ctx, in, id)
	if err != nil {
		return err
	}
	if err := match(version, g.Version); err != nil {
		return err
	}
	if err := j.groupGone(ctx, g); err != nil {
		return err
	}
	return tx.RemoveGroup(ctx, in, id)
}
