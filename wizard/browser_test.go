package wizard

import (
	"context"
	"testing"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// undecided is a person in the browser who has not decided yet.
func undecided(context.Context) (control.Session, error) { return control.Session{}, context.Canceled }

// A code that somebody has on another screen stays the code, however often one goes back and forth.
func TestSignInInABrowserIsKept(t *testing.T) {
	w := &world{device: undecided}
	d := drive(t, w.options()).through(answerDomain).sees("and enter BDWP-HQPK")
	d.press("esc").sees("Step 1 of 3").press("enter").sees("and enter BDWP-HQPK")
	if w.begins != 1 {
		t.Errorf("%d sign-ins were begun, want one", w.begins)
	}
}

func TestSignInInABrowserThatIsOverIsBegunAnew(t *testing.T) {
	w := &world{device: func(context.Context) (control.Session, error) {
		return control.Session{}, &problem.Problem{Code: control.CodeExpired, Title: "The code has run out"}
	}}
	d := drive(t, w.options()).through(answerDomain).sees("The code has run out", "ctrl+b browser")
	w.device = undecided
	d.press("esc", "enter").sees("and enter BDWP-HQPK")
	if w.begins != 2 {
		t.Errorf("%d sign-ins were begun, want two", w.begins)
	}
}

func TestBrowserThatCannotBeUsedIsSaid(t *testing.T) {
	w := &world{device: undecided, begin: &problem.Problem{Code: problem.TooMany, Title: "Too many sign-ins at once", Hint: "Wait a minute."}}
	d := drive(t, w.options()).through(answerDomain).sees("Too many sign-ins at once", "Press ctrl+b to try again", "E-mail")
	w.begin = nil
	d.press("ctrl+b").sees("and enter BDWP-HQPK")
}

func TestBrowserThatIsNotOfferedIsNotTold(t *testing.T) {
	d := drive(t, (&world{}).options()).through(answerDomain).sees("Step 2 of 3")
	d.hides("ctrl+b")
}
