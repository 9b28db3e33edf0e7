// Package pages holds what the tenant's pages have in common, the administrators' (console) and the people's (portal): the
// headers that keep them safe, embedded assets under addresses that change with them, and QR codes.
//
// Every answer through Guard has a strict content security policy (nothing inline), tells no referrer, is not stored, and
// bounds what may be sent.
package pages
