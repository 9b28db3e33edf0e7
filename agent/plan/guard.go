package plan

import "passlysync/pkg/control"

// Allowed gives how many removals of a kind may pass in one cycle, when the tenant holds standing of them: the limit's
// number or its percentage, whichever is larger.
func Allowed(limit control.Limit, standing int) int {
	return max(limit.Number, standing*limit.Percent/100)
}
