package api

import "passlysync/pkg/control"

// Kind is what a field holds.
type Kind string

// The kinds. In a body an ID is a string too; a List is an array of strings.
const (
	Text   Kind = "string"
	Number Kind = "integer"
	Flag   Kind = "boolean"
	List   Kind = "array"
)

// Field is one thing that an operation is asked with.
type Field struct {
	Name  string
	Kind  Kind
	Means string
	Needs bool     // it has to be given
	Of    []string // what it can be; empty: anything
}

// Operation is one route of the console as the API has it.
type Operation struct {
	Route   string // of the console: method and path pattern
	Name    string // operationId
	Section string
	Does    string
	Query   []Field
	Body    []Field
	Answer  any    // the zero value of the answer's type; nil: a file
	Or      any    // of another answer that is no problem
	File    string // media type of a file
}

// What several operations are asked with.
var (
	after   = Field{Name: "after", Kind: Text, Means: "where the page begins; take it from the next of the page before"}
	before  = Field{Name: "before", Kind: Text, Means: after.Means}
	search  = Field{Name: "q", Kind: Text, Means: "what to search for in names"}
	version = Field{Name: "version", Kind: Number, Means: "of what was read; refused with 409 where it was changed meanwhile", Needs: true}
	name    = Field{Name: "name", Kind: Text, Needs: true}
	inOrg   = Field{Name: "organization", Kind: Text, Means: "id", Needs: true}
	typed   = Field{Name: "name", Kind: Text, Means: "its name once more: this cannot be taken back", Needs: true}
	narrow  = []Field{
		search,
		{Name: "organization", Kind: Text, Means: "id"},
		{Name: "source", Kind: Text, Means: "local, synced, or an agent's id"},
	}
	narrowUsers = append([]Field{{Name: "state", Kind: Text, Of: []string{"created", "provisioned", "active", "disabled"}}}, narrow...)
	sorted      = Field{Name: "sort", Kind: Text, Means: "newest first where nothing is said", Of: []string{"added", "name", "-name", "logon", "-logon"}}
	rows        = []Field{search, {Name: "what", Kind: Text, Means: "a kind of change"}, {Name: "kept", Kind: Flag, Means: "only what could not be put back"}}
	log         = []Field{
		search,
		{Name: "kind", Kind: Text, Means: "of who acted"},
		{Name: "what", Kind: Text, Means: "code of what was done"},
		{Name: "from", Kind: Text, Means: "first day, such as 2026-03-31"},
		{Name: "to", Kind: Text, Means: "last day"},
	}
	mailed    = Field{Name: "mail", Kind: Flag, Means: "send an enrolment e-mail"}
	twoFactor = Field{Name: "two-factor", Kind: Flag, Means: "require a second factor"}
	person    = []Field{
		{Name: "given", Kind: Text, Means: "first name", Needs: true},
		{Name: "family", Kind: Text, Means: "last name", Needs: true},
		{Name: "display", Kind: Text, Means: "display name"},
		{Name: "mail", Kind: Text, Means: "e-mail", Needs: true},
		{Name: "logon", Kind: Text, Means: "user logon name", Needs: true},
		inOrg,
	}
	organization = []Field{
		name,
		{Name: "suffix", Kind: Text, Means: "what Local users' logon names end with, after the @"},
		{Name: "licences", Kind: Number, Means: "0: not counted", Needs: true},
		{Name: "min-password", Kind: Number, Means: "least length of passwords", Needs: true},
		{Name: "strength", Kind: Number, Means: "least strength of passwords: 3 strong, 4 very strong", Needs: true},
		{Name: "max-age", Kind: Number, Means: "days after which a Local user needs another password; 0: never", Needs: true},
	}
	policy   = []Field{name, {Name: "state", Kind: Text, Needs: true, Of: []string{"created", "provisioned"}}, mailed, twoFactor}
	chosen   = []Field{{Name: "user", Kind: List, Means: "ids; at most 500"}, {Name: "all", Kind: Flag, Means: "all that match, instead"}}
	settings = []Field{
		version,
		name,
		{Name: "status", Kind: Text, Needs: true, Of: []string{"enabled", "paused"}},
		inOrg,
		{Name: "policy", Kind: Text, Means: "id of the provisioning policy", Needs: true},
		{Name: "unit", Kind: List, Means: "objectGUIDs of the chosen organizational units", Needs: true},
		{Name: "incomplete", Kind: Text, Needs: true, Of: []string{"halt", "skip"}},
		{Name: "password-policy", Kind: Text, Means: "two-way: synchronize password changes from Passly to Active Directory", Needs: true, Of: []string{"one-way", "two-way"}},
		{Name: "unlock", Kind: Flag, Means: "two-way: a reset also ends a lockout"},
		guardField("users-number"), guardField("users-percent"), guardField("groups-number"), guardField("groups-percent"),
		guardField("memberships-number"), guardField("memberships-percent"),
	}
)

func guardField(name string) Field {
	return Field{Name: name, Kind: Number, Means: "removals that pass without approval; number or percentage, whichever is larger", Needs: true}
}

func with(fields []Field, more ...Field) []Field {
	return append(append([]Field(nil), fields...), more...)
}

// Sections are how the document groups operations.
const (
	directorySync   = "Directory Sync"
	people          = "Users and groups"
	settingsSection = "Organizations and policies"
	administration  = "Administration"
)

// Operations are all of the API.
var Operations = []Operation{
	{Route: "GET /directory-sync", Name: "listAgents", Section: directorySync, Does: "The agents", Answer: []Agent{}},
	{Route: "GET /directory-sync/new/agent", Name: "listInstallers", Section: directorySync, Does: "The installers, and the agents that checked in and are not configured yet", Answer: Downloads{}},
	{Route: "GET /installers/{name}", Name: "downloadInstaller", Section: directorySync, Does: "An installer", File: "application/octet-stream"},
	{Route: "POST /directory-sync/enrolment-token", Name: "makeEnrolmentToken", Section: directorySync, Does: "Make a token for an unattended set-up; it works once, for an hour", Answer: EnrolmentToken{}},
	{Route: "GET /directory-sync/{id}", Name: "getAgent", Section: directorySync, Does: "An agent: conditions, held removals, last runs, settings", Answer: AgentDetails{}},
	{
		Route: "GET /directory-sync/{id}/units", Name: "listUnits", Section: directorySync, Does: "A part of the directory's tree of organizational units, asked of the agent", Answer: control.UnitList{},
		Query: []Field{
			{Name: "unfold", Kind: Text, Means: "objectGUID of the unit whose units are wanted; none: what is near the top"},
			{Name: "skip", Kind: Number, Means: "how many of them to leave out"},
			{Name: "find", Kind: Text, Means: "part of a name to search for, instead"},
		},
	},
	{
		Route: "POST /directory-sync/{id}/add", Name: "addAgent", Section: directorySync,
		Does: "Configure a new agent: preview what the first sync would do with a choice, or finish, which starts it",
		Body: []Field{
			version, name, inOrg,
			{Name: "policy", Kind: Text, Means: "id of the activation policy", Needs: true},
			{Name: "unit", Kind: List, Means: "objectGUIDs of the chosen organizational units", Needs: true},
			{Name: "step", Kind: Text, Needs: true, Of: []string{"preview", "finish"}},
		},
		Answer: Preview{}, Or: Done{},
	},
	{Route: "GET /directory-sync/{id}/configure", Name: "getSettings", Section: directorySync, Does: "What is chosen for an agent", Answer: Settings{}},
	{Route: "POST /directory-sync/{id}/configure", Name: "configureAgent", Section: directorySync, Does: "Choose it anew; all of it is given", Body: settings, Answer: Done{}},
	{Route: "GET /directory-sync/{id}/settings", Name: "listRevisions", Section: directorySync, Does: "The versions of an agent's settings, and what each changed", Query: []Field{before}, Answer: Page[Revision]{}},
	{Route: "POST /directory-sync/{id}/settings", Name: "takeBack", Section: directorySync, Does: "Choose again what a version had chosen", Body: []Field{{Name: "version", Kind: Number, Needs: true}}, Answer: Done{}},
	{Route: "POST /directory-sync/{id}/status", Name: "setStatus", Section: directorySync, Does: "Pause an agent, or let it go on", Body: []Field{{Name: "status", Kind: Text, Needs: true, Of: []string{"enabled", "paused"}}}, Answer: Done{}},
	{Route: "POST /directory-sync/{id}/sync", Name: "syncNow", Section: directorySync, Does: "Ask for a sync at once", Answer: Done{}},
	{Route: "GET /directory-sync/{id}/preview", Name: "preview", Section: directorySync, Does: "What the next sync would do", Answer: Preview{}, Or: Unanswered{}},
	{Route: "GET /directory-sync/{id}/preview.csv", Name: "exportPreview", Section: directorySync, Does: "All of a preview", Query: []Field{{Name: "preview", Kind: Text, Means: "its id", Needs: true}}, File: "text/csv"},
	{Route: "GET /directory-sync/{id}/explain", Name: "explain", Section: directorySync, Does: "Why somebody is, or is not, in the tenant", Query: []Field{{Name: "q", Kind: Text, Means: "name, e-mail, user logon name, distinguished name or objectGUID", Needs: true}}, Answer: control.Explanation{}, Or: Unanswered{}},
	{Route: "POST /directory-sync/{id}/approve", Name: "approveHeld", Section: directorySync, Does: "Let a set of held removals pass", Body: []Field{{Name: "kind", Kind: Text, Needs: true, Of: []string{"users", "groups", "memberships"}}, {Name: "digest", Kind: Text, Means: "of the set", Needs: true}}, Answer: Done{}},
	{Route: "GET /directory-sync/{id}/held/{kind}", Name: "listHeld", Section: directorySync, Does: "Held removals row by row, asked of the agent", Query: []Field{search, after}, Answer: HeldPage{}, Or: Unanswered{}},
	{
		Route: "POST /directory-sync/{id}/held/{kind}", Name: "decideHeld", Section: directorySync, Does: "Decide on held removals",
		Body: []Field{
			{Name: "decision", Kind: Text, Needs: true, Of: []string{"approve", "reject", "reject-all"}},
			{Name: "row", Kind: List, Means: "those that are decided on; at most 100"},
			{Name: "digest", Kind: Text, Means: "of the set, to reject all of it"},
		},
		Answer: Done{},
	},
	{Route: "GET /directory-sync/{id}/runs", Name: "listRuns", Section: directorySync, Does: "An agent's runs, the newest first", Query: []Field{before}, Answer: Page[RunSummary]{}},
	{Route: "GET /directory-sync/{id}/runs/{run}", Name: "getRun", Section: directorySync, Does: "A run and what it changed", Query: with(rows, after), Answer: RunDetails{}},
	{Route: "GET /directory-sync/{id}/runs/{run}/changes.csv", Name: "exportRun", Section: directorySync, Does: "All that a run changed", Query: rows, File: "text/csv"},
	{Route: "GET /directory-sync/{id}/runs/{run}/undo", Name: "forecastUndo", Section: directorySync, Does: "What undoing a run would do", Answer: Forecast{}},
	{Route: "POST /directory-sync/{id}/runs/{run}/undo", Name: "undoRun", Section: directorySync, Does: "Undo a run; the agent is held until it is let go on", Body: []Field{{Name: "sure", Kind: Flag, Needs: true}}, Answer: Done{}},
	{Route: "GET /directory-sync/{id}/remove", Name: "forecastRemoval", Section: directorySync, Does: "What removing an agent is about", Answer: Removal{}},
	{Route: "POST /directory-sync/{id}/remove", Name: "removeAgent", Section: directorySync, Does: "Remove an agent", Body: []Field{typed, {Name: "people", Kind: Text, Means: "what becomes of its people: they stay as Local users, or are disabled", Needs: true, Of: []string{"keep", "disable"}}}, Answer: Done{}},
	{Route: "GET /live", Name: "follow", Section: directorySync, Does: "An event each time that something about agents may have changed", File: "text/event-stream"},

	{Route: "GET /users", Name: "listUsers", Section: people, Does: "Users", Query: with(narrowUsers, sorted, after), Answer: Page[User]{}},
	{Route: "POST /users/new", Name: "addUser", Section: people, Does: "Add a Local user", Body: with(person, Field{Name: "policy", Kind: Text, Means: "id of the provisioning policy", Needs: true}), Answer: Done{}},
	{Route: "GET /users/provision", Name: "forecastProvision", Section: people, Does: "Whom a bulk update would be for", Query: with(narrowUsers, chosen...), Answer: Chosen{}},
	{Route: "POST /users/provision", Name: "provision", Section: people, Does: "Update people to Provisioned", Body: with(narrowUsers, with(chosen, mailed, twoFactor)...), Answer: Provisioned{}},
	{Route: "GET /users/{id}", Name: "getUser", Section: people, Does: "A user with groups and last changes", Answer: UserDetails{}},
	{Route: "GET /users/{id}/history", Name: "listUserChanges", Section: people, Does: "What runs changed of a user, the newest first", Query: []Field{before}, Answer: Page[Change]{}},
	{Route: "POST /users/{id}/edit", Name: "editUser", Section: people, Does: "Change a Local user", Body: with(person, version), Answer: Done{}},
	{Route: "POST /users/{id}/state", Name: "setUserState", Section: people, Does: "Disable a Local user, or give the former state back", Body: []Field{{Name: "state", Kind: Text, Means: "anything but disabled gives the former state back", Needs: true, Of: []string{"disabled", "former"}}}, Answer: Done{}},
	{Route: "POST /users/{id}/send-again", Name: "sendAgain", Section: people, Does: "Send the enrolment e-mail again", Answer: Done{}},
	{Route: "GET /groups", Name: "listGroups", Section: people, Does: "Groups", Query: with(narrow, after), Answer: Page[Group]{}},
	{Route: "POST /groups/new", Name: "addGroup", Section: people, Does: "Add a Local group", Body: []Field{name, inOrg}, Answer: Done{}},
	{Route: "GET /groups/{id}", Name: "getGroup", Section: people, Does: "A group and its direct members", Query: []Field{after}, Answer: GroupDetails{}},
	{
		Route: "POST /groups/{id}", Name: "changeGroup", Section: people, Does: "Rename or remove a Local group, add or take out a member",
		Body: []Field{
			{Name: "do", Kind: Text, Needs: true, Of: []string{"rename", "add", "take-out", "remove"}},
			{Name: "name", Kind: Text, Means: "to rename"},
			{Name: "who", Kind: Text, Means: "to add: user logon name, e-mail, or a group's name"},
			{Name: "member", Kind: Text, Means: "to take out: id"},
		},
		Answer: Done{},
	},

	{Route: "GET /organizations", Name: "listOrganizations", Section: settingsSection, Does: "The organizations", Answer: []Organization{}},
	{Route: "POST /organizations/new", Name: "addOrganization", Section: settingsSection, Does: "Add an organization", Body: with(organization, Field{Name: "url-name", Kind: Text, Means: "fixed once made", Needs: true}), Answer: Done{}},
	{Route: "GET /organizations/{id}", Name: "getOrganization", Section: settingsSection, Does: "An organization", Answer: Organization{}},
	{Route: "POST /organizations/{id}", Name: "saveOrganization", Section: settingsSection, Does: "Change an organization", Body: organization, Answer: Done{}},
	{Route: "POST /organizations/{id}/remove", Name: "removeOrganization", Section: settingsSection, Does: "Remove an empty organization", Body: []Field{{Name: "typed", Kind: Text, Means: typed.Means, Needs: true}}, Answer: Done{}},
	{Route: "GET /provisioning", Name: "listPolicies", Section: settingsSection, Does: "The provisioning policies", Answer: []Policy{}},
	{Route: "POST /provisioning", Name: "addPolicy", Section: settingsSection, Does: "Make a provisioning policy", Body: policy, Answer: Done{}},
	{Route: "GET /provisioning/{id}", Name: "getPolicy", Section: settingsSection, Does: "A provisioning policy", Answer: Policy{}},
	{Route: "POST /provisioning/{id}", Name: "savePolicy", Section: settingsSection, Does: "Change a provisioning policy", Body: policy, Answer: Done{}},
	{Route: "POST /provisioning/{id}/remove", Name: "removePolicy", Section: settingsSection, Does: "Remove a provisioning policy that no agent has", Answer: Done{}},

	{Route: "GET /settings/mail", Name: "getMail", Section: administration, Does: "How e-mails go out, and those in trouble", Answer: Mail{}},
	{Route: "POST /settings/mail/test", Name: "testMail", Section: administration, Does: "Send a test e-mail", Body: []Field{{Name: "to", Kind: Text, Needs: true}}, Answer: Done{}},
	{Route: "GET /audit", Name: "listEntries", Section: administration, Does: "The audit log, the newest first", Query: with(log, before), Answer: Page[Entry]{}},
	{Route: "GET /audit.csv", Name: "exportEntries", Section: administration, Does: "The audit log as a file", Query: log, File: "text/csv"},
	{Route: "GET /administrators", Name: "listAdministrators", Section: administration, Does: "The administrators", Answer: []Administrator{}},
	{Route: "GET /administrators/{id}", Name: "getAdministrator", Section: administration, Does: "An administrator with sessions", Answer: AdministratorDetails{}},
	{Route: "GET /account", Name: "getAccount", Section: administration, Does: "The own account", Answer: Account{}},
}

// Why a token is not enough for what would let whoever stole it stay, or take what is others'.
const (
	takeOver = "a stolen token must not take people's accounts over"
	outlive  = "a token must not make tokens or administrators: whoever stole one could outlive it"
	shutOut  = "a stolen token must not shut out who could end it"
)

// PagesOnly are the routes that the API does not have, and why.
var PagesOnly = map[string]string{
	"GET /":    "says that there is no such page",
	"GET /{$}": "leads to the first page",

	"GET /directory-sync/enrolment-token": "is a form",
	"GET /directory-sync/new":             "is a page of words",
	"GET /directory-sync/{id}/add":        "is a form",
	"GET /users/new":                      "is a form",
	"GET /users/{id}/edit":                "is a form",
	"GET /users/{id}/password":            "is a form",
	"GET /groups/new":                     "is a form",
	"GET /organizations/new":              "is a form",
	"GET /provisioning/new":               "is a form",

	"POST /sign-out":                         "is of a browser",
	"POST /users/{id}/password":              takeOver,
	"GET /settings/mail/outbox/{name}":       takeOver,
	"POST /account/tokens":                   outlive,
	"POST /administrators":                   outlive,
	"POST /administrators/{id}/role":         outlive,
	"POST /administrators/{id}/invite":       outlive,
	"POST /administrators/{id}/codes-off":    outlive,
	"POST /administrators/{id}/lock":         shutOut,
	"POST /administrators/{id}/remove":       shutOut,
	"POST /administrators/{id}/sessions/end": shutOut,
	"POST /account/alarms":                   "a stolen token must not keep anybody from being told",
	"POST /account/sessions/end":             shutOut,
	"POST /account/sessions/end-others":      shutOut,
	"GET /account/second-factor":             "needs the person with the authenticator",
	"POST /account/second-factor":            "needs the person with the authenticator",
	"POST /account/second-factor/off":        "needs the person with the authenticator",
	"POST /account/recovery-codes":           "needs the person with the password",
	"GET /device":                            "needs the person who sees the code",
	"POST /device":                           "needs the person who sees the code",
}
