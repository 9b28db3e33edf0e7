package console

import (
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

func (c *Console) userList(v *view) error {
	shown, err := list(v, readNarrowing(v.URL.Query()), c.Store.Users, c.Store.CountUsers, func(u tenant.User) tenant.ID { return u.ID })
	if err != nil {
		return err
	}
	return v.show("users", page{Title: "Users", Section: "users", Content: shown})
}

// objectView is a user or group with what stands around it.
type objectView struct {
	User         tenant.User
	Group        tenant.Group
	Groups       []tenant.Group // that it is in
	Members      []tenant.Member
	MemberCount  int
	Next, First  string
	Organization string
	AgentID      tenant.ID
	AgentName    string // empty: Local
	Enrolment    enrolment
	Rows         []tenant.RunRow // what runs changed of a user, newest first
	Typed        string          // into the form for a member
}

// What pages show of them.
type (
	userView    struct{ objectView }
	groupView   struct{ objectView }
	historyView struct{ objectView }
)

// pathUser is the user that the path names.
func (c *Console) pathUser(v *view) (tenant.User, error) {
	id, err := v.pathID("user")
	if err != nil {
		return tenant.User{}, err
	}
	return c.Store.User(v.Context(), tenant.Scope{}, id)
}

func (c *Console) userPage(v *view) error {
	u, err := c.pathUser(v)
	if err != nil {
		return err
	}
	shown := objectView{User: u}
	if err := c.surround(v, &shown, u.ID, u.Agent, u.Organization); err != nil {
		return err
	}
	if shown.Enrolment, err = c.enrolment(v, u); err != nil {
		return err
	}
	if shown.Rows, err = c.Store.RowsOf(v.Context(), u.ID, 0, historyShown); err != nil {
		return err
	}
	return v.show("user", page{Title: u.ShownName(), Section: "users", Content: userView{shown}})
}

// groupsShown bounds the groups that a page lists.
const groupsShown = 200

func (c *Console) surround(v *view, shown *objectView, id, agent, organization tenant.ID) error {
	names, err := c.organizationNames(v.Context())
	if err != nil {
		return err
	}
	shown.Organization = names[organization]
	if shown.Groups, err = c.Store.GroupsOf(v.Context(), id, groupsShown); err != nil || agent == 0 {
		return err
	}
	a, err := c.Agents.Agent(v.Context(), agent)
	shown.AgentID, shown.AgentName = a.ID, a.Configuration.Name
	return err
}

func (c *Console) groupList(v *view) error {
	n := readNarrowing(v.URL.Query())
	n.State, n.Sort = "", "" // are of users
	shown, err := list(v, n, c.Store.Groups, c.Store.CountGroups, func(g tenant.Group) tenant.ID { return g.ID })
	if err != nil {
		return err
	}
	return v.show("groups", page{Title: "Groups", Section: "groups", Content: shown})
}

func (c *Console) groupPage(v *view) error {
	id, err := v.pathID("group")
	if err != nil {
		return err
	}
	return c.showGroup(v, id, "", nil)
}

// showGroup shows a group; of a Local one with what was typed, where something was wrong with it.
func (c *Console) showGroup(v *view, id tenant.ID, typed string, p *problem.Problem) error {
	g, err := c.Store.Group(v.Context(), tenant.Scope{}, id)
	if err != nil {
		return err
	}
	shown := objectView{Group: g, Typed: typed}
	if err := c.surround(v, &shown, g.ID, g.Agent, g.Organization); err != nil {
		return err
	}
	if err := c.members(v, &shown); err != nil {
		return err
	}
	return v.show("group", page{Title: g.DisplayName, Section: "groups", Problem: p, Content: groupView{shown}})
}

func (c *Console) members(v *view, shown *objectView) (err error) {
	after, err := tenant.ParseID(v.URL.Query().Get("after"))
	if err == nil {
		shown.First = v.URL.Path
	} else {
		after = 0
	}
	if shown.MemberCount, err = c.Store.CountMembers(v.Context(), shown.Group.ID); err != nil {
		return err
	}
	if shown.Members, err = c.Store.Members(v.Context(), shown.Group.ID, after, rowsShown+1); err != nil {
		return err
	}
	if len(shown.Members) > rowsShown {
		shown.Members = shown.Members[:rowsShown]
		shown.Next = narrowing{}.address(v.URL.Path, shown.Members[rowsShown-1].ID)
	}
	return nil
}

// historyShown is how many of the last changes a user's page shows.
const historyShown = 5

// userHistory shows what runs changed of a user, newest first, by key.
func (c *Console) userHistory(v *view) error {
	u, err := c.pathUser(v)
	if err != nil {
		return err
	}
	shown := objectView{User: u}
	before, err := tenant.ParseID(v.URL.Query().Get("before"))
	if err == nil {
		shown.First = v.URL.Path
	} else {
		before = 0
	}
	if shown.Rows, err = c.Store.RowsOf(v.Context(), u.ID, before, rowsShown+1); err != nil {
		return err
	}
	if len(shown.Rows) > rowsShown {
		shown.Rows = shown.Rows[:rowsShown]
		shown.Next = v.URL.Path + "?before=" + shown.Rows[rowsShown-1].Number.String()
	}
	return v.show("history", page{Title: "History of " + u.ShownName(), Section: "users", Content: historyView{shown}})
}
