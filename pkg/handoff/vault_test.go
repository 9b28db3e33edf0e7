package handoff_test

import (
	"testing"

	"passlysync/pkg/handoff"
	"passlysync/pkg/problem"
)

func TestPlaceOfTheCredentialsIsTriedByTheAgent(t *testing.T) {
	client := handoff.Dial(serve(t, agent{}))
	if err := client.CheckVault(t.Context(), "file"); err != nil {
		t.Errorf("a place that can be used: got %v", err)
	}
	if err := client.CheckVault(t.Context(), "keyring"); !problem.Is(err, "vault-unusable") {
		t.Errorf("one that cannot: got %v, want the agent's words", err)
	}
}
