package controlserver

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
)

// maxFact bounds what an agent tells of its host and directory.
const maxFact = 255

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	var given control.SignIn
	if err := read(r, &given); err != nil {
		return err
	}
	token, session, err := s.Desk.SignIn(r.Context(), signin.Attempt{
		Email: given.Email, Password: given.Password, Code: given.Code, From: r.RemoteAddr, Purpose: tenant.ForEnrolment,
	})
	if err != nil {
		return err
	}
	return answer(w, control.Session{Session: token, Name: session.Administrator.Email, ExpiresIn: seconds(signin.EnrolmentLife)})
}

func seconds(d time.Duration) int { return int(d / time.Second) }

func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Desk.Session(r.Context(), bearer(r), tenant.ForEnrolment); err != nil {
		return err
	}
	if err := s.Desk.SignOut(r.Context(), bearer(r)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) enrolmentToken(w http.ResponseWriter, r *http.Request) error {
	session, err := s.Desk.Session(r.Context(), bearer(r), tenant.ForEnrolment)
	if err != nil {
		return err
	}
	token, _, err := s.Desk.EnrolmentToken(r.Context(), session.Administrator, signin.TokenLife)
	if err != nil {
		return err
	}
	return answer(w, control.EnrolmentToken{Token: token, ExpiresIn: seconds(signin.TokenLife)})
}

// enrol redeems a token. The same key gets the same answer while the token lives, since an answer may be lost.
func (s *Server) enrol(w http.ResponseWriter, r *http.Request) error {
	var given control.Enrol
	if err := read(r, &given); err != nil {
		return err
	}
	if err := checkEnrol(given); err != nil {
		return err
	}
	var id tenant.ID
	if err := s.Store.Write(r.Context(), func(tx store.Tx) (err error) {
		id, err = s.redeem(r, tx, given)
		return err
	}); err != nil {
		return err
	}
	s.Agents.Enrolled()
	s.Log.Info("an agent was enrolled", "agent", id, "host", given.Host.Name, "directory", given.Directory.Domain)
	return answer(w, control.Enrolled{AgentID: id.String(), TenantID: s.Tenant.ID, TenantName: s.Tenant.Name})
}

func (s *Server) redeem(r *http.Request, tx store.Tx, given control.Enrol) (tenant.ID, error) {
	token, err := tx.EnrolmentToken(r.Context(), signin.HashToken(given.Token))
	if err != nil && !problem.Is(err, problem.NotFound) {
		return 0, err
	}
	if err != nil || !s.Now().Before(token.Expires) {
		return 0, tokenRefused("It is unknown here, or it has run out.")
	}
	if token.Agent != 0 {
		if !bytes.Equal(token.PublicKey, given.PublicKey) {
			return 0, tokenRefused("It was used already, by an agent with another key.")
		}
		return token.Agent, nil
	}
	if err := signin.Open(r.Context(), tx); err != nil {
		return 0, err
	}
	by, err := tx.AdministratorByID(r.Context(), token.Administrator)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return 0, err
	}
	what := audit.AgentRekeyed
	id, err := s.goOn(r.Context(), tx, given, by.Organization)
	if problem.Is(err, problem.NotFound) {
		what = audit.AgentEnrolled
		id, err = s.addAgent(r.Context(), tx, given, by.Organization)
	}
	if err == nil {
		err = s.recordEnrolment(r, tx, what, id, by)
	}
	if err != nil {
		return 0, err
	}
	token.Agent, token.PublicKey = id, given.PublicKey
	return id, tx.RedeemToken(r.Context(), token)
}

func (s *Server) recordEnrolment(r *http.Request, tx store.Tx, what audit.What, id tenant.ID, by tenant.Administrator) error {
	agent, err := tx.Agent(r.Context(), id)
	if err != nil {
		return err
	}
	return tx.Record(r.Context(), audit.Enrolled(what, agent, by, r.RemoteAddr))
}

// goOn gives the agent that a host was before its new key: the one that has this very key (an answer was lost), the one it
// names, or one that left this host and directory. The token is an administrator's word for it.
// One for one organization is no word for another's agent.
func (s *Server) goOn(ctx context.Context, tx store.Tx, given control.Enrol, of tenant.ID) (tenant.ID, error) {
	id, err := former(ctx, tx, given)
	if err != nil {
		return 0, err
	}
	if was, err := tx.Agent(ctx, id); err != nil || of != 0 && was.Organization != of {
		return 0, errors.Join(err, tokenRefused("The agent that this machine had is another organization's."))
	}
	return id, tx.RekeyAgent(ctx, id, given.PublicKey)
}

func former(ctx context.Context, tx store.Tx, given control.Enrol) (tenant.ID, error) {
	all, err := tx.Agents(ctx)
	if err != nil {
		return 0, err
	}
	for _, a := range all {
		if bytes.Equal(a.PublicKey, given.PublicKey) {
			return a.ID, nil
		}
	}
	if id, err := tenant.ParseID(given.AgentID); err == nil {
		if _, err := tx.Agent(ctx, id); !problem.Is(err, problem.NotFound) {
			return id, err
		}
	}
	var last tenant.Agent
	for _, a := range all {
		if a.HasLeft() && a.WasOn(given.Host, given.Directory) && a.Departed.After(last.Departed) {
			last = a
		}
	}
	if last.ID == 0 {
		return 0, tenant.NotFound("agent")
	}
	return last.ID, nil
}

// leave lets an agent go that is removed from its machine.
func (s *Server) leave(w http.ResponseWriter, r *http.Request, agent tenant.Agent) error {
	if err := s.Agents.Leave(r.Context(), agent.ID); err != nil {
		return err
	}
	s.Log.Info("an agent was removed from its machine", "agent", agent.ID, "host", agent.Heartbeat.Host.Name)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) addAgent(ctx context.Context, tx store.Tx, given control.Enrol, of tenant.ID) (tenant.ID, error) {
	if of == 0 {
		organizations, err := tx.Organizations(ctx)
		if err != nil {
			return 0, err
		}
		of = organizations[0].ID
	}
	agent := tenant.NewAgent(tx.NewID(), of, given, s.Now())
	return agent.ID, tx.AddAgent(ctx, agent)
}

func tokenRefused(text string) error {
	return &problem.Problem{
		Code: problem.Forbidden, Title: "The enrolment token is refused", Text: text,
		Hint: "Run passly-sync setup again: it gets a new one. For an unattended set-up, make another in the console, under Directory Sync.", Op: "redeeming an enrolment token",
	}
}

func checkEnrol(given control.Enrol) error {
	if len(given.PublicKey) != ed25519.PublicKeySize {
		return refused("An Ed25519 public key has 32 bytes")
	}
	if strings.TrimSpace(given.Host.Name) == "" {
		return refused("The host's name is missing")
	}
	return checkFacts(given.Host, given.Directory)
}

func checkFacts(h control.HostFacts, d control.DirectoryFacts) error {
	for _, fact := range []string{h.Name, h.OS, h.Version, d.Domain, d.Server} {
		if len(fact) > maxFact || !utf8.ValidString(fact) {
			return refused("A fact on host or directory is too long")
		}
	}
	return nil
}

func refused(title string) error {
	return &problem.Problem{
		Code: problem.Invalid, Title: title, Text: "Nothing of the message was used.", Hint: "Use the agent and the tenant in matching versions.",
	}
}
