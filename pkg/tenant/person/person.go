// Package person lets people in, at their own pages: it checks passwords, one-time codes and recovery codes, slows guessing
// down, and makes and finds their sessions. People are not administrators: neither's sessions are good for the other's
// pages.
//
// A wrong password and an unknown name get the same answer after the same work, and not before Windows would have answered where
// people sign in with its password. Only who is Active has a session, and loses it at once with that state. Who has to choose another
// password has a session for that alone. Passwords themselves are package passwords'.
package person
