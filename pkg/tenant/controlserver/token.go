package controlserver

import (
	"net/http"
	"net/url"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// maxForm bounds the token request's form.
const maxForm = 16 << 10

// token gives an access token for an assertion (RFC 7523 §2.2).
func (s *Server) token(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return &problem.Problem{
			Code: problem.Invalid, Title: "The token request cannot be read", Hint: "Send a form as RFC 7523 §2.2 has it.", Err: err,
		}
	}
	if err := checkGrant(r.PostForm); err != nil {
		return err
	}
	token, err := s.Gate.Exchange(r.Context(), r.PostForm.Get("client_assertion"))
	if err != nil {
		return err
	}
	return answer(w, token)
}

// checkGrant wants each parameter once (RFC 6749 §3.2).
func checkGrant(form url.Values) error {
	for name, want := range map[string]string{
		"grant_type": control.GrantType, "client_assertion_type": control.AssertionType, "client_assertion": "",
	} {
		given := form[name]
		if len(given) != 1 || given[0] == "" || want != "" && given[0] != want {
			return refused("The token request has no " + name + " that is known here")
		}
	}
	return nil
}
