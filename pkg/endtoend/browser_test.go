//go:build linux

package endtoend

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"

	"passlysync/pkg/directory"
)

// browser is an administrator at the console: it reads pages and sends their forms.
type browser struct {
	lab    *lab
	client *http.Client
	base   string
}

// roots trusts the tenant's CA.
func (l *lab) roots() *http.Client {
	l.Helper()
	raw, err := os.ReadFile(l.ca)
	if err != nil {
		l.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(raw)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
}

func (l *lab) signIn() *browser {
	l.Helper()
	return l.signInAs(adminMail, adminPassword)
}

func (l *lab) signInAs(email, password string) *browser {
	l.Helper()
	b := &browser{lab: l, client: l.roots(), base: "https://" + l.listen}
	b.client.Jar, _ = cookiejar.New(nil)
	b.post("/sign-in", url.Values{"email": {email}, "password": {password}})
	return b
}

func (b *browser) get(path string) string {
	b.lab.Helper()
	response, err := b.client.Get(b.base + path)
	if err != nil {
		b.lab.Fatal(err)
	}
	return b.body(response)
}

func (b *browser) post(path string, form url.Values) string {
	b.lab.Helper()
	response, err := b.client.PostForm(b.base+path, form)
	if err != nil {
		b.lab.Fatal(err)
	}
	return b.body(response)
}

func (b *browser) body(response *http.Response) string {
	b.lab.Helper()
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		b.lab.Fatalf("%s: %s %v\n%s", response.Request.URL, response.Status, err, raw)
	}
	return string(raw)
}

var (
	agentLink = regexp.MustCompile(`/directory-sync/([0-9a-z]+)"`)
	input     = regexp.MustCompile(`<input[^>]*>`)
	attribute = regexp.MustCompile(`([a-z]+)="([^"]*)"`)
	choice    = regexp.MustCompile(`(?s)<select[^>]*name="([^"]+)".*?</select>`)
	selected  = regexp.MustCompile(`<option value="([^"]*)" selected`)
)

func attributes(tag string) map[string]string {
	all := map[string]string{}
	for _, pair := range attribute.FindAllStringSubmatch(tag, -1) {
		all[pair[1]] = pair[2]
	}
	return all
}

// agentPath finds the agent in the list.
func (b *browser) agentPath() string {
	b.lab.Helper()
	found := agentLink.FindStringSubmatch(b.get("/directory-sync"))
	if found == nil {
		b.lab.Fatal("the console lists no agent")
	}
	return "/directory-sync/" + found[1]
}

// configure opens the agent's form, changes fields and sends it.
func (b *browser) configure(change func(url.Values)) {
	b.lab.Helper()
	path := b.agentPath() + "/configure"
	page := b.get(path)
	form := url.Values{}
	for _, tag := range input.FindAllString(page, -1) {
		fields := attributes(tag)
		toggle := fields["type"] == "checkbox" || fields["type"] == "radio"
		if fields["name"] != "" && (!toggle || strings.Contains(tag, " checked")) {
			form.Add(fields["name"], fields["value"])
		}
	}
	for _, block := range choice.FindAllStringSubmatch(page, -1) {
		if value := selected.FindStringSubmatch(block[0]); value != nil {
			form.Set(block[1], value[1])
		}
	}
	change(form)
	b.post(path, form)
}

// choose sets the agent's units.
func (l *lab) choose(units ...directory.GUID) {
	l.Helper()
	l.web.configure(func(form url.Values) {
		form.Del("unit")
		for _, u := range units {
			form.Add("unit", u.String())
		}
	})
	l.scope = units
}

var heldForm = regexp.MustCompile(`(?s)<form[^>]*action="[^"]*/approve".*?</form>`)

// approveAll presses every Approve button on the agent's page.
func (b *browser) approveAll() int {
	b.lab.Helper()
	path := b.agentPath()
	forms := heldForm.FindAllString(b.get(path), -1)
	for _, text := range forms {
		form := url.Values{}
		for _, tag := range input.FindAllString(text, -1) {
			fields := attributes(tag)
			form.Add(fields["name"], fields["value"])
		}
		b.post(path+"/approve", form)
	}
	return len(forms)
}
