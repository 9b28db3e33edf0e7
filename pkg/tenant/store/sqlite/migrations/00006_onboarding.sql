-- +goose Up

ALTER TABLE users ADD COLUMN two_factor INTEGER NOT NULL DEFAULT 0; -- has to be set up when the user becomes Active
ALTER TABLE organizations ADD COLUMN min_password INTEGER NOT NULL DEFAULT 12; -- characters

-- No foreign keys to users, as everywhere: removing a user removes these rows too.
CREATE TABLE accounts (
  user_id        INTEGER PRIMARY KEY,
  password_hash  TEXT NOT NULL,
  second_factor  TEXT NOT NULL, -- base32; empty: none
  code_step      INTEGER NOT NULL,
  pending_factor TEXT NOT NULL, -- shown at enrolment, not confirmed yet
  activated      INTEGER NOT NULL -- 0: enrolment is under way
);

CREATE TABLE recovery_codes (
  user_id INTEGER NOT NULL,
  hash    BLOB NOT NULL,
  PRIMARY KEY (user_id, hash)
) WITHOUT ROWID;

CREATE TABLE person_sessions (
  hash    BLOB PRIMARY KEY,
  user_id INTEGER NOT NULL,
  purpose TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX person_sessions_user ON person_sessions (user_id);
CREATE INDEX person_sessions_expires ON person_sessions (expires);

CREATE TABLE invitations (
  hash    BLOB PRIMARY KEY,
  user_id INTEGER NOT NULL,
  address TEXT NOT NULL, -- folded
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  used    INTEGER NOT NULL -- 0: not yet
) WITHOUT ROWID;
CREATE INDEX invitations_user ON invitations (user_id);
CREATE INDEX invitations_expires ON invitations (expires);

-- Who asks for another invitation is written down whether the address is known or not.
CREATE TABLE invitation_asks (
  address TEXT PRIMARY KEY, -- folded
  at      INTEGER NOT NULL
) WITHOUT ROWID;

-- One row for each user and purpose: this is what sends a message once.
CREATE TABLE messages (
  user_id  INTEGER NOT NULL,
  purpose  TEXT NOT NULL,
  round    INTEGER NOT NULL, -- grows when it is to be sent anew
  state    TEXT NOT NULL,
  attempts INTEGER NOT NULL, -- in this round
  due      INTEGER NOT NULL,
  claim    TEXT NOT NULL, -- who is sending it
  claimed  INTEGER NOT NULL, -- until when
  sent     INTEGER NOT NULL,
  problem  TEXT NOT NULL, -- JSON; what the last attempt met
  PRIMARY KEY (user_id, purpose)
) WITHOUT ROWID;
CREATE INDEX messages_due ON messages (due) WHERE state = 'pending';
CREATE INDEX messages_refused ON messages (user_id) WHERE state = 'refused';
