package wizard

import (
	"testing"

	"passlysync/pkg/control"
)

// What the summary announces and the end says is true for an agent that is enrolled already.
func TestEnrollingAgainSaysWhatItDoes(t *testing.T) {
	w := enrolledWorld()
	d := drive(t, w.options()).press("3", "enter", "enter").through(answerSignIn).press("dir-secret", "enter")
	d.sees("Ready to set up", "give the agent a new key").hides("Setup will enrol the agent with")
	d.press("enter").sees("The agent is enrolled", "goes on with the units that are chosen").hides("Choose the organizational units")
}

func TestEnrollingAgainBeforeAnyUnitWasChosen(t *testing.T) {
	w := enrolledWorld()
	w.enrolled.Conditions = []control.Condition{{Code: control.AwaitingConfiguration}}
	d := drive(t, w.options()).press("3", "enter", "enter").through(answerSignIn).press("dir-secret", "enter", "enter")
	d.sees("Choose the organizational units")
}

func TestMovingSaysWhatIsLeft(t *testing.T) {
	w := enrolledWorld()
	w.enrolled.Tenant, w.enrolled.TenantName = "https://former.example", "Former"
	d := drive(t, w.options()).press("4", "enter").through(answerDomain, answerSignIn).press("dir-secret", "enter")
	d.sees("Ready to set up", "leave Former, where its people stay as they are")
	d.press("enter").sees("Choose the organizational units")
}
