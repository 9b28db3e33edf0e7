package plan

import "passlysync/pkg/control"

// Allowed gives how many removals of a kind may pass in one cycle, when the tenant holds standing of them: the limit's
// number or its percentage, whichever is larger.
func Allowed(limit control.Limit, standing int) int {
	return max(limit.Number, standing*limit.Percent/100)
}

// Passes reports whether count removals may go on: they are within the limit, or exactly this set was approved.
func Passes(count, allowed int, digest string, kind control.RemovalKind, approved []control.Approval) bool {
	return count <= allowed || Approved(digest, kind, approved)
}

// Approved reports whether exactly this set of removals was approved.
func Approved(digest string, kind control.RemovalKind, approved []control.Approval) bool {
	for _, a := range approved {
		if a.Kind == kind && a.Digest == digest {
			return true
		}
	}
	return false
}
