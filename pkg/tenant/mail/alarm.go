package mail

import (
	"strings"
	"time"
)

// Alarm is what an administrator is told about an agent.
type Alarm struct {
	Tenant      string
	Agent, Host string
	Well        bool // nothing is wrong any more
	Since       time.Time
	Title       string // what happened
	Text        string // what it means
	Hint        string // what to do next
	Named       []Named
	More        int // further ones that are not named
	Link        string
	Account     string // where it is turned off
}

// Named is somebody whom an Alarm is about.
type Named struct {
	Name, Place, Reason string
	Missing             []string
}

// Lacks lists what is missing, in words.
func (n Named) Lacks() string { return strings.Join(n.Missing, ", ") }

// Alarm is the message that something is wrong with an agent, or not any more.
func (w Writer) Alarm(a Alarm) (Message, error) {
	a.Tenant, a.Agent, a.Title = oneLine(a.Tenant), oneLine(a.Agent), oneLine(a.Title)
	a.Since = a.Since.UTC()
	if a.Well {
		return w.fill("well", "Agent "+a.Agent+" is well again", a)
	}
	return w.fill("alarm", "Agent "+a.Agent+": "+shortened(a.Title), a)
}

// longestSubject bounds what a title adds to a subject, in characters.
const longestSubject = 120

func shortened(title string) string {
	all := []rune(title)
	if len(all) <= longestSubject {
		return title
	}
	return string(all[:longestSubject-1]) + "…"
}
