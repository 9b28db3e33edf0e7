//go:build linux

package endtoend

import (
	"fmt"
	"net"
	"regexp"
	"testing"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/tenant/browsertest"
	"passlysync/pkg/tenant/mail/mailtest"
	"passlysync/pkg/tenant/store/postgres/postgrestest"
)

// pair is a lab whose tenant is two processes on one PostgreSQL, behind one address.
type pair struct {
	*lab
	balancer *balancer
	mail     *mailtest.Server
	at       [2]string
	replicas [2]*process
}

func newPair(t *testing.T, o samba.Options) *pair {
	t.Helper()
	database, letters := postgrestest.Fresh(t), mailtest.Start(t, mailtest.Options{Auth: true})
	env := session(t)
	l := &lab{TB: t, source: samba.ForTest(t, o), dir: t.TempDir(), bin: build(t), env: env, ever: map[string]bool{}, kept: []string{"--database", database}}
	p := &pair{lab: l, mail: letters}
	l.serves = func() {
		for i := range p.replicas {
			p.at[i] = free(t)
			p.serveReplica(i)
		}
		p.balancer = balance(t, l.listen, p.at[:]...)
	}
	t.Cleanup(func() {
		for _, r := range p.replicas {
			r.kill()
			if t.Failed() {
				t.Logf("a replica's log:\n%s", r.tail())
			}
		}
	})
	l.begin()
	return p
}

func free(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func (p *pair) serveReplica(i int) {
	p.Helper()
	p.replicas[i] = p.serve(p.at[i], "--public-url", "https://acme.test", "--smtp", fmt.Sprintf("smtp://%s@%s:%d", mailtest.User, p.mail.Host, p.mail.Port),
		"--smtp-from", "passly@acme.test", "--smtp-password-file", p.file("smtp-password", mailtest.Password+"\n"), "--smtp-ca", p.file("smtp-ca.pem", string(p.mail.CA)))
}

var messageID = regexp.MustCompile(`(?mi)^Message-ID:\s*(\S+)`)

// letters waits for as many. What a replica that is killed was about to send, another sends when its claim has run out, after
// minutes: the kills here come when nothing is claimed.
func (p *pair) letters(n int) {
	p.Helper()
	p.until(fmt.Sprintf("%d e-mails are sent", n), 60*time.Second, func() bool { return len(p.mail.Taken()) >= n })
}

// oneLetterEach: everybody has one e-mail, and nobody two.
func (p *pair) oneLetterEach(people int) {
	p.Helper()
	p.letters(people)
	seen := map[string]string{}
	for _, letter := range p.mail.Taken() {
		id := messageID.FindStringSubmatch(letter.Raw)
		if id == nil || seen[letter.To] != "" {
			p.Errorf("%s has a second e-mail, or one without a Message-ID (%v, before it %q)", letter.To, id, seen[letter.To])
			continue
		}
		seen[letter.To] = id[1]
	}
	if len(seen) != people {
		p.Errorf("%d people have an e-mail, want %d", len(seen), people)
	}
}

// TestTwoReplicas is the mission with the tenant on two machines: the browser's and the agent's connections go to either, one is
// killed while there is work, then the other, and everything that was begun is done, each e-mail once.
func TestTwoReplicas(t *testing.T) {
	p := newPair(t, samba.Options{Plan: samba.Simple("example.test", 60)})
	c := p.browser()
	dan := p.add("Sales", "Dan Dole", directory.Mail)
	c.getStarted()
	p.setup()
	others := c.configure()
	c.step("the halt is told by itself", browsertest.WaitText("Dan Dole"), browsertest.WaitText("e-mail"))
	var added int
	c.step("who was added before the halt", c.page("/users"), reloadUntil(`/\b[1-9]\d* people in this tenant/.test(document.body.innerText)`)) // the halt is told first
	if _, err := fmt.Sscanf(c.ask(`document.body.innerText.match(/(\d+) people in this tenant/)[1]`), "%d", &added); err != nil || added == 0 {
		t.Fatalf("%d people were added before the halt (%v)", added, err)
	}
	p.letters(added)
	before := p.balancer.counts()
	if before[p.at[0]] == 0 || before[p.at[1]] == 0 {
		t.Errorf("connections went %v, want some to each replica", before)
	}
	for i, address := range []string{"dan@example.test", "dan.dole@example.test"} {
		p.replicas[i].kill()
		p.do(p.dc.Modify(t.Context(), dan, directory.Mail, address))
		c.step("the people after a kill", c.page("/users?q="+address), waitReloading(address))
		page := p.agentOf(c)
		c.step("the agent is asked, once it has found the other replica", c.page(page+"/explain?q=dan+dole"), waitReloading(address))
		c.step("its page is live", c.page(page), browsertest.WaitText("In sync"))
		p.letters(others + 1)
		p.serveReplica(i)
	}
	c.step("all are there", c.page("/users"), waitReloading(fmt.Sprintf("%d people in this tenant", others+1)))
	p.oneLetterEach(others + 1)
}

// agentOf is the path of the agent's page.
func (p *pair) agentOf(c *chromium) string {
	p.Helper()
	c.step("the list", c.page("/directory-sync"), browsertest.Until(`document.querySelector("tbody th a") !== null`))
	return c.ask(`document.querySelector("tbody th a").getAttribute("href")`)
}
