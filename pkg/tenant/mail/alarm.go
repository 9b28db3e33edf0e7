package mail

import (
	"cmp"
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
	a = a.bounded()
	if a.Well {
		return w.fill("well", "Agent "+a.Agent+" is well again", a)
	}
	return w.fill("alarm", "Agent "+a.Agent+": "+shortened(a.Title, longestSubject), a)
}

// How long what an agent says may be, in characters: in a subject, a name, a sentence and a paragraph.
const (
	longestSubject = 120
	longestName    = 200
	longestTitle   = 500
	longestText    = 4000
	mostLacking    = 10
)

// bounded makes what an agent says fit for a letter: each thing in one line, and not longer than anybody reads.
func (a Alarm) bounded() Alarm {
	a.Since = a.Since.UTC()
	a.Tenant, a.Agent, a.Host = oneLine(a.Tenant), oneLine(a.Agent), shortened(oneLine(a.Host), longestName)
	if a.Agent == "" {
		a.Agent = cmp.Or(a.Host, "without a name")
	}
	a.Title, a.Text, a.Hint = shortened(oneLine(a.Title), longestTitle), shortened(oneLine(a.Text), longestText), shortened(oneLine(a.Hint), longestText)
	named := make([]Named, 0, len(a.Named))
	for _, n := range a.Named {
		n.Name, n.Place, n.Reason = shortened(oneLine(n.Name), longestName), shortened(oneLine(n.Place), longestName), shortened(oneLine(n.Reason), longestTitle)
		lacks := n.Missing[:min(len(n.Missing), mostLacking)]
		n.Missing = make([]string, 0, len(lacks))
		for _, lack := range lacks {
			n.Missing = append(n.Missing, shortened(oneLine(lack), longestName))
		}
		named = append(named, n)
	}
	a.Named = named
	return a
}

func shortened(text string, longest int) string {
	all := []rune(text)
	if len(all) <= longest {
		return text
	}
	return string(all[:longest-1]) + "…"
}
