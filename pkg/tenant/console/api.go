package console

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/api"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/pages"
)

// The HTTP API is the console's own handlers below api.Prefix: a request's JSON becomes the form that a page would have sent,
// and what the page would have shown becomes JSON (answer). So both ask for the same permissions. Who asks is proven by an API
// token; cookies count for nothing here, so that no page elsewhere can make a browser ask.

// api serves the operations, and their description to everybody.
func (c *Console) api() http.Handler {
	routes, mux := c.routes(), http.NewServeMux()
	for _, o := range api.Operations {
		mux.HandleFunc(o.Route, c.byToken(o, routes[o.Route]))
	}
	mux.HandleFunc("/", c.apart(func(v *view) error { return tenant.NotFound("operation") }))
	outer := http.NewServeMux()
	outer.Handle(api.Prefix+"/", http.StripPrefix(api.Prefix, mux))
	outer.HandleFunc("GET "+api.DocumentPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(api.Document)
	})
	return pages.Guard(outer, maxForm)
}

// apart serves a request of a program: what is wrong is told as JSON.
func (c *Console) apart(do handler) http.HandlerFunc {
	return c.open(func(v *view) error {
		v.program = true
		return do(v)
	})
}

// byToken serves an operation to who has an API token.
func (c *Console) byToken(o api.Operation, do handler) http.HandlerFunc {
	return c.apart(func(v *view) (err error) {
		scheme, token, _ := strings.Cut(v.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || token == "" {
			return v.noToken("There is no API token", "Send one as Authorization: Bearer …")
		}
		v.session, err = c.Desk.Session(v.Context(), token, tenant.ForAPI)
		if problem.Is(err, problem.Unauthorized) {
			return v.noToken("The API token is not known, or has ended", "Make one in the console, under Your account.")
		}
		if err != nil {
			return err
		}
		if c.asked.Admit(string(v.session.Hash)) != nil {
			return askedTooMuch()
		}
		who := audit.BeingAdministrator(v.Context(), v.session.Administrator)
		who.Name += " by the API token " + v.session.Browser
		v.Request = v.WithContext(audit.As(v.Context(), who))
		if err := v.permitted(); err != nil {
			return err
		}
		if err := v.readJSON(o.Body); err != nil {
			return err
		}
		return do(v)
	})
}

func askedTooMuch() error {
	return &problem.Problem{
		Code: problem.TooMany, Title: "The API token asks too often", Text: "Nothing was done.", Err: control.RetryAfter(time.Second),
		Hint: fmt.Sprintf("Ask at most %d times a second, after %d at once.", time.Second/askPeriod, askBurst), Op: "asking the API",
	}
}

// noToken is RFC 6750 §3.
func (v *view) noToken(title, hint string) error {
	v.w.Header().Set("WWW-Authenticate", `Bearer realm="Passly"`)
	return &problem.Problem{Code: problem.Unauthorized, Title: title, Text: "Nothing was done.", Hint: hint}
}

// readJSON makes the form that a page would have sent of the request's JSON object.
func (v *view) readJSON(fields []api.Field) error {
	v.Form, v.PostForm = v.URL.Query(), url.Values{}
	if v.Method == http.MethodGet || v.Method == http.MethodHead || fields == nil {
		return nil
	}
	if kind, _, _ := mime.ParseMediaType(v.Header.Get("Content-Type")); kind != "application/json" {
		return &problem.Problem{Code: problem.Invalid, Title: "The API reads JSON", Text: "Nothing was done.", Hint: "Send Content-Type: application/json."}
	}
	var given map[string]any
	if err := control.Decode(v.Body, maxForm, &given); err != nil {
		return err
	}
	for _, f := range fields {
		value := given[f.Name]
		delete(given, f.Name)
		values, fits := formValues(f.Kind, value)
		switch {
		case value == nil && f.Needs:
			return notTaken("The field %q is missing", f.Name)
		case !fits:
			return notTaken("The field %q has to be of type "+string(f.Kind), f.Name)
		case value != nil && f.Of != nil && !slices.Contains(f.Of, values[0]):
			return notTaken("The field %q has to be one of "+strings.Join(f.Of, ", "), f.Name)
		}
		v.Form[f.Name], v.PostForm[f.Name] = append(v.Form[f.Name], values...), values
	}
	for name := range given {
		return notTaken("This operation does not take a field %q", name)
	}
	return nil
}

func notTaken(title, name string) error {
	return &problem.Problem{Code: problem.Invalid, Title: fmt.Sprintf(title, name), Text: "Nothing was done.", Hint: api.DocumentPath + " says what each operation takes."}
}

// formValues gives a JSON value as a form has it: a flag that is set is "yes", one that is not is not there.
func formValues(kind api.Kind, value any) (values []string, fits bool) {
	switch value := value.(type) {
	case string:
		return []string{value}, kind == api.Text
	case bool:
		if value {
			values = []string{"yes"}
		}
		return values, kind == api.Flag
	case float64:
		return []string{fmt.Sprintf("%d", int64(value))}, kind == api.Number && value == float64(int64(value))
	case []any:
		for _, one := range value {
			text, ok := one.(string)
			if !ok {
				return nil, false
			}
			values = append(values, text)
		}
		return values, kind == api.List
	case nil:
		return nil, true
	}
	return nil, false
}

// tell answers a program: with what a page shows, or with the problem above it.
func (v *view) tell(status int, p page) error {
	if p.Problem != nil {
		v.tellProblem(p.Problem, status)
		return nil
	}
	body := v.answer(p.Content)
	if body == nil {
		return fmt.Errorf("%s %s: no answer is made of %T", v.Method, v.URL.Path, p.Content)
	}
	v.write(status, "application/json", body)
	return nil
}

// tellDone answers a program where a browser would be sent on.
func (v *view) tellDone(to string) error {
	at, err := url.Parse(to)
	if err != nil {
		return fmt.Errorf("reading where to go next: %w", err)
	}
	done := api.Done{Done: at.Query().Get("done"), Text: doneWords[at.Query().Get("done")], Location: api.Address(at.EscapedPath())}
	if words := decidedWords(at.Query()); words != "" {
		done.Done, done.Text = "decided", words
	}
	v.write(http.StatusOK, "application/json", done)
	return nil
}

func (v *view) tellProblem(p *problem.Problem, status int) {
	v.write(status, "application/problem+json", api.Because(p, status))
}

func (v *view) write(status int, kind string, body any) {
	v.w.Header().Set("Content-Type", kind)
	v.w.WriteHeader(status)
	_ = json.MarshalWrite(v.w, body) // who asked went away: nobody to tell. A list without rows is [], never null
}
