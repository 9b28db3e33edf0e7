//go:build linux

package endtoend

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// changes is how many are made one after the other.
const changes = 150

// oneChange measures from before a change is written to the controller until the tenant shows it.
func (g *ground) oneChange(b *testing.B, t *table) {
	l := g.enrolled(b, g.dc, g.units)
	l.firstSync(len(g.users))
	l.awaitCondition(control.InSync)
	client, token := l.roots(), l.token()
	random := rand.New(rand.NewPCG(1, 2))
	var took, writes []time.Duration
	for i := range changes {
		guid := l.find(g.users[random.IntN(len(g.users))]...)
		id := l.idOf(client, token, guid)
		time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond) // people do not wait for the cycle before
		write, visible := l.change(client, token, guid, id, fmt.Sprintf("Changed %d", i))
		writes, took = append(writes, write), append(took, visible)
	}
	l.end()
	p50, p99 := quantile(took, 0.5), quantile(took, 0.99)
	b.ReportMetric(milliseconds(p50), "ms-p50")
	b.ReportMetric(milliseconds(p99), "ms-p99")
	detail := fmt.Sprintf("%d changes; of it, writing to the directory: %.1f ms", changes, milliseconds(median(writes)))
	t.atMost("change in Samba until it is in the tenant, p50", 300, milliseconds(p50), "ms", detail)
	t.atMost("change in Samba until it is in the tenant, p99", 1000, milliseconds(p99), "ms", "")
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// change gives somebody another display name, and says how long writing that took, and until when the tenant has it.
func (l *lab) change(client *http.Client, token string, guid directory.GUID, id, name string) (write, visible time.Duration) {
	l.Helper()
	started := time.Now()
	l.do(l.dc.Modify(context.Background(), guid, directory.DisplayName, name))
	write = time.Since(started)
	for end := started.Add(time.Minute); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		var user struct{ DisplayName string }
		if l.scim(client, token, "Users/"+id, &user); user.DisplayName == name {
			return write, time.Since(started)
		}
	}
	l.Fatalf("%s never arrived\n%s", name, l.agent.tail())
	return 0, 0
}

// idOf gives the tenant's id of an entry.
func (l *lab) idOf(client *http.Client, token string, guid directory.GUID) string {
	l.Helper()
	var list struct{ Resources []struct{ ID string } }
	l.scim(client, token, "Users?filter="+url.QueryEscape(`externalId eq "`+guid.String()+`"`), &list)
	if len(list.Resources) != 1 {
		l.Fatalf("%s is in the tenant %d times", guid, len(list.Resources))
	}
	return list.Resources[0].ID
}
