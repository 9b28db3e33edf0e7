package handoff

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/problem"
)

// NotRunning is the code of the problem that Client reports when no agent answers on the channel.
const NotRunning problem.Code = "agent-not-running"

// The channel speaks HTTP, so that deadlines, limits and cancellation are the ones everybody knows.
const (
	statusPath    = "/v1/status"
	enrolPath     = "/v1/enrol"
	syncPath      = "/v1/sync"
	directoryPath = "/v1/directory"
	leavePath     = "/v1/leave"
	vaultPath     = "/v1/vault"
	previewPath   = "/v1/preview"
	explainPath   = "/v1/explain"
	heldPath      = "/v1/held"
	decidePath    = "/v1/decide"
	maxBody       = 1 << 20 // two certificate bundles and a token fit well
	maxLine       = 1 << 20
	maxLines      = 10_000
)

// vaultQuestion asks whether a place for credentials can be used.
type vaultQuestion struct {
	Kind string `json:"kind"`
}

// line is one line of an enrolment's answer (NDJSON): steps, then exactly one line with Done or Problem.
type line struct {
	Step    *Step            `json:"step,omitzero"`
	Done    bool             `json:"done,omitzero"`
	Problem *problem.Problem `json:"problem,omitzero"`
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.MarshalWrite(w, v)
}

// writeProblem sends err's words; the status code only says whose fault it is, the client reads the code.
func writeProblem(w http.ResponseWriter, err error) {
	p := problem.Of(err)
	w.Header().Set("Content-Type", "application/problem+json")
	status := http.StatusBadRequest
	if p.Code == problem.Internal {
		status = http.StatusInternalServerError
	}
	w.WriteHeader(status)
	_ = json.MarshalWrite(w, p)
}
