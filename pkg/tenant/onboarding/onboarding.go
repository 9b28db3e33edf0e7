// Package onboarding brings people from Created to Active: it provisions them, sees that each gets the enrolment e-mail once,
// and turns the link in it into an account with a password and, where required, a second factor.
//
// What always holds:
//
//   - A message is a row in the store, made in the transaction that provisions its user, one for each user and purpose. Any
//     replica may claim it, for a few minutes, and marks it when the server took it. Only two
//     things repeat a message, at most the one under way and with the same Message-ID: a crash between the server's word and
//     the mark, and a connection lost before the word.
//   - A message waits while its user is not in the state that it is for: nothing is sent to who was disabled or removed.
//   - A link works for 24 hours, until its user is Active, and only while the address it was sent to is still the user's.
//   - A person becomes Active with one transaction, which ends the link, all others of that person, and messages that wait.
//
// The courier carries the messages about passwords too (package passwords). What links have in common is package links', pages are
// package portal's; how a message is made and delivered is package mail's.
package onboarding
