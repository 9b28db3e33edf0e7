package ad

import (
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
)

// sight counts the people of a pass who can be judged, and those who cannot: an account that may not replicate may be kept from
// seeing who is disabled.
type sight struct{ judged, hidden int }

// judgeable reports whether an entry that came whole can be judged. Who may be disabled without this account seeing it is not
// reported: nothing is concluded of such people in a delta, and in a full pass they are not there.
func (v *sight) judgeable(e *found) bool {
	if e.Kind != directory.KindUser {
		return true
	}
	if !e.readable() {
		v.hidden++
		return false
	}
	v.judged++
	return true
}

// problem ends a full pass in which people came and nobody could be judged, but for the account itself, which always can.
func (v *sight) problem() error {
	if v.judged > 1 || v.hidden <= v.judged {
		return nil
	}
	return &problem.Problem{
		Code: directory.RightsMissing, Op: "reading the directory",
		Title: "The account may not see whether people are disabled",
		Text:  "It sees people, but nobody's userAccountControl, so leavers would keep their access. Nothing was concluded from it.",
		Hint: "Grant the account Replicating Directory Changes on the domain, or to read the account restrictions of users: dsacls " +
			"\"<domain>\" /I:S /G \"<account>:RP;Account Restrictions;user\".",
	}
}
