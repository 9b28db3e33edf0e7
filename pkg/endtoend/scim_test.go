//go:build linux

package endtoend

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/vault"
)

// person is a user in the tenant, comparable.
type person struct {
	Logon, Given, Family, Display, Mail, Account string
	Active                                       bool
}

// holdings is what the tenant has: users by externalId, and groups by name with the externalIds of their members.
type holdings struct {
	users  map[string]person
	groups map[string][]string
}

// token signs in as the agent.
func (l *lab) token() string { return l.tokenOf(l.asAgent()) }

// tokenOf gives a token that lives for a while yet.
func (l *lab) tokenOf(agent *control.Client) string {
	l.Helper()
	token, err := agent.Token(context.Background())
	if err != nil {
		l.Fatal(err)
	}
	return token
}

// asAgent takes the key that the agent keeps in the keyring: what it made can be seen by nobody else.
func (l *lab) asAgent() *control.Client {
	l.Helper()
	keyring, err := vault.Open(vault.Keyring, l.state())
	if err != nil {
		l.Fatal(err)
	}
	raw, err := keyring.Get(context.Background(), "agent-credentials")
	if err != nil {
		l.Fatal(err)
	}
	var secret struct{ Seed []byte }
	var who struct{ AgentID, TenantID string }
	record, err := os.ReadFile(filepath.Join(l.state(), "agent.json"))
	if err == nil {
		err = json.Unmarshal(record, &who)
	}
	if err == nil {
		err = json.Unmarshal(raw, &secret)
	}
	if err != nil {
		l.Fatal(err)
	}
	id := control.Identity{AgentID: who.AgentID, TenantID: who.TenantID, Key: ed25519.NewKeyFromSeed(secret.Seed)}
	return control.NewClient(l.roots(), "https://"+l.listen, id, time.Now)
}

// held reads everything through SCIM, with plain requests and index paging.
func (l *lab) held() holdings {
	l.Helper()
	if l.other != nil {
		return l.heldByOther()
	}
	h := holdings{users: map[string]person{}, groups: map[string][]string{}}
	client, token := l.roots(), l.token()
	externalIDs := map[string]string{}
	for _, u := range l.list(client, token, "Users") {
		id := fmt.Sprint(u["externalId"])
		if _, twice := h.users[id]; twice {
			l.Fatalf("%s is in the tenant twice", id)
		}
		name, _ := u["name"].(map[string]any)
		extension, _ := u["urn:passly:params:scim:schemas:extension:directory:2.0:User"].(map[string]any)
		p := person{Logon: text(u["userName"]), Given: text(name["givenName"]), Family: text(name["familyName"]), Display: text(u["displayName"]), Account: text(extension["samAccountName"])}
		p.Active, _ = u["active"].(bool)
		if mails, _ := u["emails"].([]any); len(mails) == 1 {
			p.Mail = text(mails[0].(map[string]any)["value"])
		}
		h.users[id] = p
		externalIDs[text(u["id"])] = id
	}
	groups := l.list(client, token, "Groups")
	for _, g := range groups {
		externalIDs[text(g["id"])] = text(g["externalId"])
	}
	for _, g := range groups {
		members := []string{}
		listed, _ := g["members"].([]any)
		for _, m := range listed {
			members = append(members, externalIDs[text(m.(map[string]any)["value"])])
		}
		slices.Sort(members)
		if _, twice := h.groups[text(g["displayName"])]; twice {
			l.Fatalf("the group %v is in the tenant twice", g["displayName"])
		}
		h.groups[text(g["displayName"])] = members
	}
	return h
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func (l *lab) list(client *http.Client, token, resource string) (all []map[string]any) {
	l.Helper()
	for {
		var page struct {
			TotalResults int
			Resources    []map[string]any
		}
		l.scim(client, token, fmt.Sprintf("%s?startIndex=%d&count=500", resource, len(all)+1), &page)
		all = append(all, page.Resources...)
		if len(all) >= page.TotalResults || len(page.Resources) == 0 {
			return all
		}
	}
}

// scim asks for one thing and decodes the answer.
func (l *lab) scim(client *http.Client, token, what string, into any) {
	l.Helper()
	request, err := http.NewRequest(http.MethodGet, "https://"+l.listen+"/scim/v2/"+what, nil)
	if err != nil {
		l.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := client.Do(request)
	if err != nil {
		l.Fatal(err)
	}
	err = json.NewDecoder(response.Body).Decode(into)
	response.Body.Close()
	if err != nil || response.StatusCode != http.StatusOK {
		l.Fatalf("asking for %s: %s %v", what, response.Status, err)
	}
}
