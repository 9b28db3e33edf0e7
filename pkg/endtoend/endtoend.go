// Package endtoend holds no code: its tests run the real programs as separate processes, against a real Samba Active
// Directory domain controller and a real keyring, through the ways in which people reach them: the setup command, the
// console's forms, SCIM. What must come of it is computed from plain LDAP searches, by code that shares nothing with the
// engine.
package endtoend
