package agent

import (
	"strings"

	"passlysync/pkg/control"
)

// serviceWords say of a SCIM service of others what is said of a tenant and its console. What stands first counts first.
var serviceWords = strings.NewReplacer(
	"the tenant's", "the SCIM service's", "the tenant’s", "the SCIM service’s", "the tenant", "the SCIM service", "The tenant", "The SCIM service",
	"Look at them in the console:", "List them with “passly-sync held”:",
	"Look at the held removals in the console:", "List the held removals with “passly-sync held”:",
	"can be approved in the console", "can be approved with “passly-sync held”",
	"set incomplete users to Skip in the console", "set up again with --incomplete skip",
	"choose Enrol again", "choose Set up again",
	"Choose this unit in the console", "Set up again with this unit",
	"Choose them in the console", "Set up again with --unit",
)

// words puts conditions into words for what stands for the tenant; nil: it is one.
func (r *record) words() func(control.Condition) control.Condition {
	if r.Local == nil {
		return nil
	}
	return func(c control.Condition) control.Condition {
		c.Title, c.Text, c.Hint = serviceWords.Replace(c.Title), serviceWords.Replace(c.Text), serviceWords.Replace(c.Hint)
		if c.Code == control.AwaitingConfiguration {
			c.Hint = "Run “passly-sync setup” again with --target scim, and choose units that are there."
		}
		return c
	}
}

// inOurWords puts an explanation into words for what stands for the tenant.
func (s *session) inOurWords(e control.Explanation) control.Explanation {
	if s.record.Local == nil {
		return e
	}
	for i := range e.Matches {
		w := &e.Matches[i].Words
		*w = control.Words{Title: serviceWords.Replace(w.Title), Text: serviceWords.Replace(w.Text), Hint: serviceWords.Replace(w.Hint)}
	}
	return e
}

// rowsInOurWords does so with the rows of a preview.
func (s *session) rowsInOurWords(p control.Preview) control.Preview {
	if s.record.Local == nil {
		return p
	}
	for i := range p.Rows {
		p.Rows[i].Reason = serviceWords.Replace(p.Rows[i].Reason)
	}
	return p
}
