package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"passlysync/pkg/control"
	"passlysync/pkg/handoff"
	"passlysync/pkg/host"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
)

// record is what an enrolment leaves in the state folder. No secret is in it.
type record struct {
	AgentID    string                 `json:"agentId"`
	TenantID   string                 `json:"tenantId"`
	TenantName string                 `json:"tenantName"`
	Tenant     string                 `json:"tenant"` // base URL
	TenantCA   string                 `json:"tenantCa,omitzero"`
	SCIM       string                 `json:"scim"`    // URL
	Console    string                 `json:"console"` // URL
	Vault      string                 `json:"vault"`   // kind
	Directory  handoff.Directory      `json:"directory"`
	Facts      control.DirectoryFacts `json:"facts"`
	Key        string                 `json:"key,omitzero"`    // name of the key in force, see keyName
	RunsAs     string                 `json:"runsAs,omitzero"` // the account whose keyring has the credentials
	// Local is what a tenant would say, where a SCIM service of others takes its place: Tenant is its URL, TenantName its host.
	Local *local `json:"local,omitzero"`
}

// local is what is kept beside an agent without a tenant.
type local struct {
	Plain         bool                  `json:"plain,omitzero"` // plain HTTP to another machine was asked for
	Units         []string              `json:"units"`          // by distinguished name, as they were chosen
	OAuth         *scim.OAuth           `json:"oauth,omitzero"` // where access tokens come from
	Configuration control.Configuration `json:"configuration"`
}

const recordFile = "agent.json"

// loadRecord reads the record of an enrolment; nil means that there was none.
func loadRecord(state string) (*record, error) {
	name := filepath.Join(state, recordFile)
	raw, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var r record
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	if err == nil && (r.AgentID == "" || r.Tenant == "") {
		err = errors.New("it names no agent or no tenant")
	}
	if err != nil {
		return nil, &problem.Problem{
			Code: problem.Code(control.StateDamaged), Title: "The record of the enrolment cannot be read",
			Text: fmt.Sprintf("%s: %v. The agent does not know which tenant it belongs to.", name, err),
			Hint: "Move the file away and run `passly-sync setup` to enrol again; nothing in the tenant is lost.",
			Op:   "reading the enrolment", Err: err,
		}
	}
	return &r, nil
}

// save writes the record whole or not at all.
func (r record) save(state string) error {
	if r.Directory.Password != "" || len(r.Directory.Keytab) > 0 {
		return errors.New("a password or keytab must not be written to the record")
	}
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the enrolment: %w", err)
	}
	if err := os.MkdirAll(state, 0o700); err != nil {
		return fmt.Errorf("making the state folder: %w", err)
	}
	if err := host.WriteState(filepath.Join(state, recordFile), raw); err != nil {
		return fmt.Errorf("writing the enrolment: %w", err)
	}
	return nil
}
