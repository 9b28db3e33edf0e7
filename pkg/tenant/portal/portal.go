// Package portal serves the pages of people, not of administrators: /enrol, to which the enrolment e-mail leads, and /me,
// their own account.
//
// The rules of every page are those of package pages; each works without its script, which only shows what of the password's
// rules is met while one types. The token of a link is in the address of one request alone, which puts it into a cookie and
// leads on: no page, log or referrer has it. The cookies are none of the console's, and the console's are none here.
package portal
