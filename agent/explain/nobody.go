package explain

import "passlysync/pkg/control"

// Nobody says that there is none of a name, and what it can mean.
func Nobody(name string, from control.ExplainSource, domain string) *control.Words {
	w := &control.Words{Title: "Nobody of this name: " + name}
	w.Text = "No user and no group of the directory has it as name, e-mail, user logon name or sAMAccountName, or as a part of one."
	if from == control.FromMirror {
		w.Text = "The agent knows the whole directory, in scope or not, and no user or group has it as name, e-mail, user logon name or " +
			"sAMAccountName, or as a part of one."
	}
	if domain != "" {
		w.Text += " The directory is " + domain + "."
	}
	w.Hint = "Check the spelling. If it was made just now, ask again in a few seconds; if it is of another domain, ask that domain’s agent. " +
		"An account that the service account may not read does not exist for the agent."
	return w
}
