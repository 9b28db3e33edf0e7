package control

import "passlysync/pkg/problem"

// SetupClient is the wizard's client id (RFC 8628 §3.1). It is public: the person's approval is what counts.
const SetupClient = "passly-sync-setup"

// DeviceGrant is the grant_type at DeviceTokenPath (RFC 8628 §3.4).
const DeviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// DeviceBegun is the answer at DevicePath (RFC 8628 §3.2). Times are in seconds.
type DeviceBegun struct {
	DeviceCode              string `json:"device_code"`
	UserCode                string `json:"user_code"`
	VerificationURI         string `json:"verification_uri"`
	VerificationURIComplete string `json:"verification_uri_complete"`
	ExpiresIn               int    `json:"expires_in"`
	Interval                int    `json:"interval"`
}

// DeviceToken is the answer at DeviceTokenPath once the sign-in was approved: the access token is a Session's.
type DeviceToken struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"` // seconds
	Name        string `json:"name"`       // who approved
}

// Errors at DeviceTokenPath (RFC 8628 §3.5, RFC 6749 §5.2).
const (
	DevicePending        = "authorization_pending"
	DeviceSlowDown       = "slow_down"
	DeviceDenied         = "access_denied"
	DeviceExpired        = "expired_token"
	DeviceInvalidGrant   = "invalid_grant"
	DeviceInvalidRequest = "invalid_request"
)

// DeviceRefusal is an error at DeviceTokenPath in the RFC's form, with the problem's own members where there are words.
type DeviceRefusal struct {
	Kind        string       `json:"error"`
	Description string       `json:"error_description,omitzero"`
	Code        problem.Code `json:"code,omitzero"`
	Title       string       `json:"title,omitzero"`
	Text        string       `json:"text,omitzero"`
	Hint        string       `json:"hint,omitzero"`
}
