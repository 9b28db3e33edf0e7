package wizard

import "testing"

// How long the agent goes on is said as it is.
func TestDoneSaysHowLongTheAgentGoesOn(t *testing.T) {
	for name, test := range map[string]struct {
		world world
		lives string
		by    bool // there is a service manager
		want  string
	}{
		"a service":                  {world{down: 1}, "", true, "It runs on its own from here"},
		"started by a person":        {world{}, "", false, "as long as it is left running where it was started"},
		"beside the service manager": {world{}, "", true, "as long as it is left running where it was started"},
		"the demo":                   {world{}, "It ends with the demo.", false, "It ends with the demo."},
	} {
		t.Run(name, func(t *testing.T) {
			o := test.world.options()
			o.Lives = test.lives
			if test.by {
				o.Service = &test.world
			}
			drive(t, o).through(answerDomain, answerSignIn, answerAccount, []string{"enter"}).sees("The agent is enrolled", test.want)
		})
	}
}

func TestRemovalSaysWhatIsLeftToDo(t *testing.T) {
	w := enrolledWorld()
	w.farewell.Told = true
	d := drive(t, w.options()).press("5", "enter").sees("its process goes on until you end it")
	d.press("remove", "enter").sees("The agent is removed", "end it where it was started")
	w = enrolledWorld()
	w.installed, w.farewell.Told = true, true
	o := w.options()
	o.Service = w
	d = drive(t, o).press("5", "enter").sees("its service is removed")
	d.press("remove", "enter").sees("The agent is removed").hides("end it where")
}
