package push

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/scim"
)

// Answer says what became of a batch of membership changes.
type Answer struct {
	Done    []mirror.Membership
	Refused []mirror.Membership // to be tried again later
	Reason  string              // of the last refusal
	Gone    []int64             // groups (seq) that the tenant no longer has
	Doubt   []directory.GUID    // members that the tenant may no longer have
	Paused  error               // the endpoint asked to slow down: what is not named was not sent
}

// SendMembers sends membership changes of one kind (plan.Add or plan.Remove), grouped by group, as PATCH operations that
// name only the members that change.
func (p *Pusher) SendMembers(ctx context.Context, todo plan.Todo, changes []mirror.Membership) (Answer, error) {
	teams := byTeam(changes)
	operations := make([]scim.BulkItem, len(teams))
	for i, team := range teams {
		body, err := p.membersPatch(todo, team)
		if err != nil {
			return Answer{}, err
		}
		group, err := place(directory.KindGroup, team[0].TeamRemote)
		if err != nil {
			return Answer{}, err
		}
		if operations[i], err = operation(http.MethodPatch, group, body); err != nil {
			return Answer{}, err
		}
		operations[i].BulkID = strconv.Itoa(i)
	}
	answers, err := p.client.Bulk(ctx, operations)
	if err != nil && !errors.Is(err, scim.ErrPaused) {
		return Answer{}, err
	}
	all := Answer{Paused: err}
	for i, answer := range answers {
		if err := p.takeTeam(ctx, todo, teams[i], answer, &all); err != nil {
			return all, err
		}
	}
	return all, nil
}

// takeTeam reads the answer for one group. A refused batch is tried member by member, so that one bad one does not keep
// the others out.
func (p *Pusher) takeTeam(ctx context.Context, todo plan.Todo, team []mirror.Membership, answer scim.BulkItem, all *Answer) error {
	status, err := strconv.Atoi(answer.Status)
	switch {
	case err == nil && status/100 == 2:
		all.Done = append(all.Done, team...)
		return nil
	case err != nil || status == http.StatusTooManyRequests || status >= 500:
		all.Refused = append(all.Refused, team...)
		all.Reason = detail(answer)
		return nil
	}
	var group scim.Known // as a service of others has it
	absent := status == http.StatusNotFound || status == http.StatusGone
	missing := absent
	if p.others && (missing || len(team) == 1) {
		// A service may answer 404 for a member, and refuse to take out who is not in.
		group, err = p.client.Known(ctx, scim.Groups, team[0].TeamRemote)
		if missing = problem.Is(err, problem.NotFound); err != nil && !missing {
			return err
		}
	}
	switch {
	case missing:
		all.Gone = append(all.Gone, team[0].Team)
	case len(team) > 1:
		return p.halves(ctx, todo, team, all)
	case p.others && todo == plan.Remove && !slices.Contains(group.Members, team[0].Remote):
		all.Done = append(all.Done, team[0])
	default:
		all.Refused, all.Reason = append(all.Refused, team[0]), detail(answer)
		if absent {
			all.Doubt = append(all.Doubt, team[0].Member)
		}
	}
	return nil
}

// halves finds the refused members of a batch by halving it.
func (p *Pusher) halves(ctx context.Context, todo plan.Todo, team []mirror.Membership, all *Answer) error {
	middle := len(team) / 2
	for _, half := range [][]mirror.Membership{team[:middle], team[middle:]} {
		part, err := p.SendMembers(ctx, todo, half)
		if err != nil {
			return err
		}
		all.Done = append(all.Done, part.Done...)
		all.Refused = append(all.Refused, part.Refused...)
		all.Gone = append(all.Gone, part.Gone...)
		all.Doubt = append(all.Doubt, part.Doubt...)
		if part.Paused != nil {
			all.Paused = part.Paused
			return nil
		}
		if part.Reason != "" {
			all.Reason = part.Reason
		}
	}
	return nil
}

// byTeam splits changes, which come ordered by group, into one slice a group.
func byTeam(changes []mirror.Membership) [][]mirror.Membership {
	var teams [][]mirror.Membership
	for start, i := 0, 1; i <= len(changes); i++ {
		if i == len(changes) || changes[i].Team != changes[start].Team {
			teams = append(teams, changes[start:i])
			start = i
		}
	}
	return teams
}

// membersPatch adds by value, and removes by a filter in the path (RFC 7644 §3.5.2.2), which names each member; for services of others
// in an operation each, since few of them know or.
func (p *Pusher) membersPatch(todo plan.Todo, team []mirror.Membership) (scim.Patch, error) {
	patch := scim.Patch{Schemas: []string{scim.PatchSchema}}
	if todo == plan.Remove {
		atOnce := 50
		if p.others {
			atOnce = 1
		}
		for _, chunk := range chunks(team, atOnce) {
			terms := make([]string, len(chunk))
			for i, one := range chunk {
				id, err := jsontext.AppendQuote(nil, one.Remote)
				if err != nil {
					return patch, fmt.Errorf("naming a member: %w", err)
				}
				terms[i] = "value eq " + string(id)
			}
			patch.Operations = append(patch.Operations, scim.PatchOp{Op: "remove", Path: "members[" + strings.Join(terms, " or ") + "]"})
		}
		return patch, nil
	}
	members := make([]scim.Member, len(team))
	for i, one := range team {
		members[i] = scim.Member{Value: one.Remote, Type: strings.TrimPrefix(strings.TrimSuffix(resource(one.Kind), "s"), "/")}
	}
	raw, err := jsonv2.Marshal(members)
	if err != nil {
		return patch, fmt.Errorf("writing members: %w", err)
	}
	patch.Operations = []scim.PatchOp{{Op: "add", Path: "members", Value: raw}}
	return patch, nil
}

func chunks(all []mirror.Membership, size int) [][]mirror.Membership {
	var parts [][]mirror.Membership
	for len(all) > size {
		parts, all = append(parts, all[:size]), all[size:]
	}
	return append(parts, all)
}
