// Package mail makes the tenant's messages and hands them over: to an SMTP server where one is configured, else as files
// into the outbox folder.
//
// What always holds:
//
//   - A message has a text and an HTML part that say the same. Names in it are data: no markup, header or line of their own.
//   - Whoever asks for delivery chooses the Message-ID and keeps it for every attempt, so that a message that is handed over
//     twice can be told as one. In the outbox folder it is one file then.
//   - Passwords and messages cross a network under TLS only; plain SMTP is for loopback.
//   - An error says whom it is about (Refusal): this address for good, this address for now, or nobody, where the server
//     cannot be used at all.
//
// Nothing here knows the store or who gets a message when: that is package onboarding's.
package mail
