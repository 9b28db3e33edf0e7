package agents

import (
	"context"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// A claim (control.Claim) is granted by the replica that waits for the command's answer, and by it alone, under its lock: so a
// command that was withdrawn is never begun, and of one that was not begun it can be said for certain. The agent may
// come to another replica, which then asks.

// ruling answers a claim.
type ruling struct {
	Nonce   string `json:"nonce"`
	Granted bool   `json:"granted"`
}

// rulingIn is how long another replica may take to rule.
const rulingIn = 3 * time.Second

// Claim grants an agent the command that it is about to obey, or refuses (problem.NotFound). An error of another code decides
// nothing: the same claim may be made again.
func (r *Registry) Claim(ctx context.Context, id tenant.ID, claim control.Claim) error {
	granted, err := r.desk.claim(ctx, id, claim)
	if err == nil && !granted {
		err = tenant.NotFound("command that waits")
	}
	return err
}

func (d *desk) claim(ctx context.Context, id tenant.ID, claim control.Claim) (granted bool, err error) {
	d.mu.Lock()
	granted, ours := d.at(id).grant(claim, d.now())
	alone := d.bus.Patience() == 0
	if ours || alone {
		d.mu.Unlock()
		return granted, nil
	}
	said := make(chan bool, 1)
	d.asked[claim.Nonce] = said
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.asked[claim.Nonce] == said { // else the same claim came again, and waits
			delete(d.asked, claim.Nonce)
		}
	}()
	if err := d.tell(word{Agent: id, Claim: &claim}); err != nil {
		return false, err
	}
	wait := time.NewTimer(rulingIn)
	defer wait.Stop()
	select {
	case granted := <-said:
		return granted, nil
	case <-ctx.Done():
		return false, ctx.Err()
	case <-wait.C:
		return false, &problem.Problem{Code: problem.Unavailable, Title: "Nobody answers for this command", Hint: "Claim it again, or leave it.", Op: "claiming a command"}
	}
}

// grant rules on a claim of a command that this replica waits for. Callers hold the lock.
func (c *counter) grant(claim control.Claim, now time.Time) (granted, ours bool) {
	p := c.find(claim.ID)
	if p == nil || p.answer == nil {
		return false, false
	}
	if p.claim == "" && now.Before(p.Expires) {
		p.claim = claim.Nonce
		close(p.begun)
	}
	return p.claim == claim.Nonce, true
}

// ruled hands another replica's ruling to who waits for it. Callers hold the lock.
func (d *desk) ruled(r ruling) {
	if said := d.asked[r.Nonce]; said != nil {
		select {
		case said <- r.Granted:
		default:
		}
	}
}

// withdraw takes a command back that was not begun; false: it was, or is answered.
func (d *desk) withdraw(id tenant.ID, p *pending) bool {
	d.mu.Lock()
	c := d.at(id)
	if p.claim != "" || c.find(p.ID) == nil {
		d.mu.Unlock()
		return false
	}
	c.remove(p.ID)
	d.mu.Unlock()
	_ = d.tell(word{Agent: id, Done: p.ID}) // else it expires there, and a claim is refused
	return true
}
