package controlserver

import (
	"net/http"
	"strconv"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant"
)

// Bounds of what an agent reports, beside the size of the whole message.
const (
	maxConditions = 20
	maxHeld       = 3
	maxSample     = 20
	maxID         = 128
	maxKey        = 4096 // bytes; MLKEM768X25519 has 1,216
)

func (s *Server) heartbeat(w http.ResponseWriter, r *http.Request, agent tenant.Agent) error {
	var given control.Heartbeat
	if err := read(r, &given); err != nil {
		return err
	}
	if err := checkHeartbeat(&given); err != nil {
		return err
	}
	version, err := s.Agents.Heard(r.Context(), agent.ID, given)
	if err != nil {
		return err
	}
	return answer(w, control.HeartbeatAnswer{Configuration: version, Every: seconds(tenant.HeartbeatEvery), Now: s.Now().UTC()})
}

func checkHeartbeat(h *control.Heartbeat) error {
	if len(h.Conditions) == 0 || len(h.Conditions) > maxConditions {
		return refused("A heartbeat has from one to " + strconv.Itoa(maxConditions) + " conditions")
	}
	for _, c := range h.Conditions {
		if !c.Code.Sound() {
			return refused("A condition's code has at most " + strconv.Itoa(control.MaxConditionCode) + " small letters, digits and dashes")
		}
		if len(c.Subjects) > control.MaxSubjects {
			return refused("A condition has at most " + strconv.Itoa(control.MaxSubjects) + " subjects")
		}
	}
	if len(h.Held) > maxHeld {
		return refused("There are " + strconv.Itoa(maxHeld) + " kinds of held removals")
	}
	for _, held := range h.Held {
		if len(held.Sample) > maxSample || len(held.Digest) > maxID || held.Digest == "" {
			return refused("A held removal has a digest and at most " + strconv.Itoa(maxSample) + " samples")
		}
	}
	if len(h.Sealing.Public) > maxKey || len(h.Sealing.Signature) > maxKey {
		return refused("A sealing key is too long")
	}
	return checkFacts(h.Host, h.Directory)
}

func (s *Server) configuration(w http.ResponseWriter, _ *http.Request, agent tenant.Agent) error {
	return answer(w, agent.Configuration)
}

func (s *Server) result(w http.ResponseWriter, r *http.Request, agent tenant.Agent) error {
	var given control.CommandResult
	if err := readResult(r, &given); err != nil {
		return err
	}
	s.Agents.Answered(agent.ID, given)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) claim(w http.ResponseWriter, r *http.Request, agent tenant.Agent) error {
	var given control.Claim
	if err := read(r, &given); err != nil {
		return err
	}
	if given.ID == "" || len(given.ID) > maxID || given.Nonce == "" || len(given.Nonce) > control.MaxNonce {
		return refused("A claim names a command, and has a nonce of at most " + strconv.Itoa(control.MaxNonce) + " bytes")
	}
	if err := s.Agents.Claim(r.Context(), agent.ID, given); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) run(w http.ResponseWriter, r *http.Request, agent tenant.Agent) error {
	var given control.Run
	if err := read(r, &given); err != nil {
		return err
	}
	if given.ID == "" || len(given.ID) > maxID {
		return refused("A run needs an id of at most " + strconv.Itoa(maxID) + " bytes")
	}
	if err := s.Agents.Ran(r.Context(), agent.ID, given); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
