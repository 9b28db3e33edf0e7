package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

const (
	queueChunk     = 50 // rows an INSERT adds at once
	messageColumns = "user_id, purpose, round, state, attempts, due, claim, claimed, sent, problem"
	// claimable is what may be sent: a message waits while its user is not in the state that it is for (tenant.MessagePurpose.For).
	claimable = `state = 'pending' AND due <= ?1 AND claimed <= ?1 AND EXISTS (SELECT 1 FROM users u WHERE u.id = messages.user_id
		AND u.state = CASE messages.purpose WHEN 'enrolment' THEN 'provisioned' ELSE 'active' END)`
)

func scanMessage(row scanner) (tenant.Message, error) {
	var (
		m                  tenant.Message
		due, claimed, sent int64
		met                string
	)
	if err := row.Scan(&m.User, &m.Purpose, &m.Round, &m.State, &m.Attempts, &due, &m.Claim, &claimed, &sent, &met); err != nil {
		return m, err
	}
	m.Due, m.Claimed, m.Sent = fromMillis(due), fromMillis(claimed), fromMillis(sent)
	if met == "" {
		return m, nil
	}
	m.Problem = new(problem.Problem)
	return m, json.Unmarshal([]byte(met), m.Problem)
}

// Message finds a message.
func (s session) Message(ctx context.Context, user tenant.ID, purpose tenant.MessagePurpose) (tenant.Message, error) {
	all, err := list(ctx, s, "SELECT "+messageColumns+" FROM messages WHERE user_id = ? AND purpose = ?", []any{int64(user), string(purpose)}, scanMessage)
	if err != nil {
		return tenant.Message{}, fmt.Errorf("reading a message: %w", err)
	}
	if len(all) == 0 {
		return tenant.Message{}, tenant.NotFound("message")
	}
	return all[0], nil
}

// CountMessages counts by state.
func (s session) CountMessages(ctx context.Context) (map[tenant.MessageState]int, error) {
	type row struct {
		state tenant.MessageState
		n     int
	}
	rows, err := list(ctx, s, "SELECT state, count(*) FROM messages GROUP BY state", nil, func(r scanner) (one row, err error) {
		return one, r.Scan(&one.state, &one.n)
	})
	if err != nil {
		return nil, fmt.Errorf("counting messages: %w", err)
	}
	counts := map[tenant.MessageState]int{}
	for _, r := range rows {
		counts[r.state] = r.n
	}
	return counts, nil
}

// MessagesWith gives messages in a state.
func (s session) MessagesWith(ctx context.Context, state tenant.MessageState, troubled bool, limit int) ([]tenant.Message, error) {
	if !slices.Contains(tenant.MessageStates, state) {
		return nil, nil
	}
	// The state stands in the query so that the index of those refused is used.
	all, err := list(ctx, s, "SELECT "+messageColumns+" FROM messages WHERE state = '"+string(state)+"' AND (NOT ?1 OR problem <> '') ORDER BY user_id DESC LIMIT ?2",
		[]any{troubled, limit}, scanMessage)
	if err != nil {
		return nil, fmt.Errorf("reading messages: %w", err)
	}
	return all, nil
}

// MessagesDue looks for something to do.
func (s session) MessagesDue(ctx context.Context, now time.Time) (bool, error) {
	var due bool
	err := s.one(ctx, "SELECT EXISTS (SELECT 1 FROM messages WHERE "+claimable+") OR EXISTS (SELECT 1 FROM invitation_asks)", []any{millis(now)}, &due)
	if err != nil {
		return false, fmt.Errorf("looking for messages: %w", err)
	}
	return due, nil
}

// QueueMessages makes messages, many with one statement.
func (w *writer) QueueMessages(ctx context.Context, purpose tenant.MessagePurpose, users []tenant.ID) (int, error) {
	ctx = context.WithoutCancel(ctx)
	made, due := 0, millis(w.now())
	for begin := 0; begin < len(users); begin += queueChunk {
		some := users[begin:min(begin+queueChunk, len(users))]
		args := []any{string(purpose), due}
		for _, id := range some {
			args = append(args, int64(id))
		}
		rows := strings.Repeat(", (?1, ?2, ?, 1, 'pending', 0, '', 0, 0, '')", len(some))[2:]
		n, err := w.exec(ctx, "INSERT INTO messages (purpose, due, user_id, round, state, attempts, claim, claimed, sent, problem) VALUES "+rows+" ON CONFLICT (user_id, purpose) DO NOTHING", args...)
		if err != nil {
			return made, fmt.Errorf("queueing messages: %w", err)
		}
		made += n
	}
	return made, nil
}

// RequeueMessage has a message sent anew. One that is pending keeps its round: it was not sent yet.
func (w *writer) RequeueMessage(ctx context.Context, purpose tenant.MessagePurpose, user tenant.ID) error {
	_, err := w.exec(context.WithoutCancel(ctx), "INSERT INTO messages ("+messageColumns+`) VALUES (?1, ?2, 1, 'pending', 0, ?3, '', 0, 0, '')
		ON CONFLICT (user_id, purpose) DO UPDATE SET round = messages.round + CASE messages.state WHEN 'pending' THEN 0 ELSE 1 END, attempts = 0, due = ?3, problem = '',
		claim = CASE messages.state WHEN 'pending' THEN messages.claim ELSE '' END, claimed = CASE messages.state WHEN 'pending' THEN messages.claimed ELSE 0 END, state = 'pending'`,
		int64(user), string(purpose), millis(w.now()))
	if err != nil {
		return fmt.Errorf("queueing a message anew: %w", err)
	}
	return nil
}

// ClaimMessages takes messages that are due.
func (w *writer) ClaimMessages(ctx context.Context, claim string, now, until time.Time, limit int) ([]tenant.Message, error) {
	all, err := list(context.WithoutCancel(ctx), w.session, `UPDATE messages SET claim = ?2, claimed = ?3 WHERE (user_id, purpose) IN (
		SELECT user_id, purpose FROM messages WHERE `+claimable+` ORDER BY due LIMIT ?4) RETURNING `+messageColumns,
		[]any{millis(now), claim, millis(until), limit}, scanMessage)
	if err != nil {
		return nil, fmt.Errorf("claiming messages: %w", err)
	}
	return all, nil
}

// SettleMessage stores the outcome, for who holds the claim.
func (w *writer) SettleMessage(ctx context.Context, m tenant.Message) error {
	met := ""
	if m.Problem != nil {
		raw, err := json.Marshal(m.Problem)
		if err != nil {
			return fmt.Errorf("writing a message's problem: %w", err)
		}
		met = string(raw)
	}
	n, err := w.exec(context.WithoutCancel(ctx), `UPDATE messages SET state = ?, attempts = ?, due = ?, sent = ?, problem = ?, claim = '', claimed = 0
		WHERE user_id = ? AND purpose = ? AND round = ? AND claim = ? AND claim <> ''`,
		string(m.State), m.Attempts, millis(m.Due), millis(m.Sent), met, int64(m.User), string(m.Purpose), m.Round, m.Claim)
	return changedOne(n, err, "message")
}

// EndMessages ends a user's messages that wait.
func (w *writer) EndMessages(ctx context.Context, user tenant.ID) error {
	if _, err := w.exec(context.WithoutCancel(ctx), "DELETE FROM messages WHERE user_id = ? AND state = 'pending'", int64(user)); err != nil {
		return fmt.Errorf("ending messages: %w", err)
	}
	return nil
}

// ProvisionUsers makes users Provisioned.
func (w *writer) ProvisionUsers(ctx context.Context, users []tenant.ID, twoFactor bool) ([]tenant.ID, error) {
	raw, err := json.Marshal(users)
	if err != nil {
		return nil, fmt.Errorf("naming users: %w", err)
	}
	ctx = context.WithoutCancel(ctx)
	if _, err := w.exec(ctx, `UPDATE users SET state = 'provisioned', two_factor = ?2, version = version + 1, modified = ?3
		WHERE id IN (SELECT j.value FROM `+w.dialect.IDs("?1")+` j) AND (state = 'created' OR state = 'provisioned' AND two_factor < ?2)`,
		string(raw), twoFactor, millis(w.now())); err != nil {
		return nil, fmt.Errorf("provisioning users: %w", err)
	}
	all, err := list(ctx, w.session, "SELECT id FROM users WHERE id IN (SELECT j.value FROM "+w.dialect.IDs("?")+" j) AND state = 'provisioned' ORDER BY id",
		[]any{string(raw)}, func(row scanner) (id tenant.ID, err error) { return id, row.Scan(&id) })
	if err != nil {
		return nil, fmt.Errorf("reading provisioned users: %w", err)
	}
	return all, nil
}
