-- +goose Up

CREATE TABLE tenant (
  one       INTEGER PRIMARY KEY CHECK (one = 1),
  id        TEXT NOT NULL,
  name      TEXT NOT NULL,
  token_key BLOB NOT NULL,
  created   INTEGER NOT NULL -- all times are milliseconds since 1970
);

CREATE TABLE organizations (
  id      INTEGER PRIMARY KEY,
  name    TEXT NOT NULL,
  created INTEGER NOT NULL
);

CREATE TABLE policies (
  id         INTEGER PRIMARY KEY,
  name       TEXT NOT NULL,
  state      TEXT NOT NULL,
  mail       INTEGER NOT NULL,
  two_factor INTEGER NOT NULL,
  built_in   INTEGER NOT NULL
);

CREATE TABLE administrators (
  id            INTEGER PRIMARY KEY,
  email         TEXT NOT NULL,
  email_key     TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  created       INTEGER NOT NULL
);

CREATE TABLE sessions (
  hash          BLOB PRIMARY KEY,
  administrator INTEGER NOT NULL REFERENCES administrators (id) ON DELETE CASCADE,
  purpose       TEXT NOT NULL,
  created       INTEGER NOT NULL,
  expires       INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE enrolment_tokens (
  hash          BLOB PRIMARY KEY,
  administrator INTEGER NOT NULL REFERENCES administrators (id) ON DELETE CASCADE,
  expires       INTEGER NOT NULL,
  agent         INTEGER NOT NULL, -- 0: not redeemed
  public_key    BLOB
) WITHOUT ROWID;

CREATE TABLE agents (
  id            INTEGER PRIMARY KEY,
  organization  INTEGER NOT NULL REFERENCES organizations (id),
  policy        INTEGER NOT NULL REFERENCES policies (id),
  public_key    BLOB NOT NULL,
  created       INTEGER NOT NULL,
  configuration TEXT NOT NULL,
  heartbeat     TEXT NOT NULL,
  heard_at      INTEGER NOT NULL -- 0: never
);

CREATE TABLE assertions (
  agent   INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
  jti     TEXT NOT NULL,
  expires INTEGER NOT NULL,
  PRIMARY KEY (agent, jti)
) WITHOUT ROWID;

CREATE TABLE runs (
  agent   INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
  id      TEXT NOT NULL,
  started INTEGER NOT NULL,
  body    TEXT NOT NULL,
  PRIMARY KEY (agent, id)
) WITHOUT ROWID;
CREATE INDEX runs_started ON runs (agent, started);

-- Keys ending in _key are folded to lower case, by the program, since SQLite folds ASCII only. agent 0 means Local. No
-- foreign keys here: they would cost two look-ups a row, and agents and organizations with people are never deleted.
CREATE TABLE users (
  id              INTEGER PRIMARY KEY,
  agent           INTEGER NOT NULL,
  organization    INTEGER NOT NULL,
  external_id     TEXT,
  user_name       TEXT NOT NULL,
  user_name_key   TEXT NOT NULL,
  given_name      TEXT,
  family_name     TEXT,
  formatted_name  TEXT,
  display_name    TEXT,
  mail            TEXT,
  mail_key        TEXT,
  mail_type       TEXT,
  other_mail      TEXT, -- JSON, rarely set
  sam_account     TEXT,
  state           TEXT NOT NULL,
  former          TEXT,
  version         INTEGER NOT NULL,
  created         INTEGER NOT NULL,
  modified        INTEGER NOT NULL,
  search_key      TEXT NOT NULL -- every name, folded, one a line
);
CREATE UNIQUE INDEX users_external ON users (agent, external_id);
CREATE UNIQUE INDEX users_user_name ON users (user_name_key) WHERE state <> 'disabled';
CREATE UNIQUE INDEX users_mail ON users (mail_key) WHERE state <> 'disabled';
CREATE INDEX users_state ON users (state);

CREATE TABLE groups (
  id           INTEGER PRIMARY KEY,
  agent        INTEGER NOT NULL,
  organization INTEGER NOT NULL,
  external_id  TEXT,
  display_name TEXT NOT NULL,
  version      INTEGER NOT NULL,
  created      INTEGER NOT NULL,
  modified     INTEGER NOT NULL
);
CREATE UNIQUE INDEX groups_external ON groups (agent, external_id);

CREATE TABLE members (
  group_id  INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  member_id INTEGER NOT NULL, -- of users or groups, as kind says
  kind      TEXT NOT NULL,
  PRIMARY KEY (group_id, member_id)
) WITHOUT ROWID;
CREATE INDEX members_member ON members (member_id);
