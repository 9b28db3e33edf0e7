-- +goose Up

-- What SQLite has after its migration of the same number; from then on each has the same numbers, and a test compares the two.
-- Texts compare by their bytes, as in SQLite, whatever the database's locale.

-- Who holds its one row writes; the number is the newest id, so that ids only ever grow, whichever replica gives them.
CREATE TABLE last_id (
  one  BIGINT PRIMARY KEY CHECK (one = 1),
  last BIGINT NOT NULL
);
INSERT INTO last_id (one, last) VALUES (1, 0);

CREATE TABLE tenant (
  one       BIGINT PRIMARY KEY CHECK (one = 1),
  id        TEXT COLLATE "C" NOT NULL,
  name      TEXT COLLATE "C" NOT NULL,
  token_key BYTEA NOT NULL,
  created   BIGINT NOT NULL, -- all times are milliseconds since 1970
  disabled  BOOLEAN NOT NULL DEFAULT FALSE
);

CREATE TABLE organizations (
  id           BIGINT PRIMARY KEY,
  name         TEXT COLLATE "C" NOT NULL,
  created      BIGINT NOT NULL,
  min_password BIGINT NOT NULL DEFAULT 12 -- characters
);

CREATE TABLE policies (
  id         BIGINT PRIMARY KEY,
  name       TEXT COLLATE "C" NOT NULL,
  state      TEXT COLLATE "C" NOT NULL,
  mail       BOOLEAN NOT NULL,
  two_factor BOOLEAN NOT NULL,
  built_in   BOOLEAN NOT NULL
);

CREATE TABLE administrators (
  id            BIGINT PRIMARY KEY,
  email         TEXT COLLATE "C" NOT NULL,
  email_key     TEXT COLLATE "C" NOT NULL UNIQUE,
  password_hash TEXT COLLATE "C" NOT NULL,
  created       BIGINT NOT NULL,
  second_factor TEXT COLLATE "C" NOT NULL DEFAULT '', -- base32; empty: none
  code_step     BIGINT NOT NULL DEFAULT 0, -- the last time step whose code was used
  role          TEXT COLLATE "C" NOT NULL DEFAULT 'administrator',
  locked        BOOLEAN NOT NULL DEFAULT FALSE,
  last_sign_in  BIGINT NOT NULL DEFAULT 0 -- 0: never
);

CREATE TABLE administrator_codes (
  administrator BIGINT NOT NULL REFERENCES administrators (id) ON DELETE CASCADE,
  hash          BYTEA NOT NULL, -- of a recovery code
  PRIMARY KEY (administrator, hash)
);

CREATE TABLE administrator_invitations (
  administrator BIGINT PRIMARY KEY REFERENCES administrators (id) ON DELETE CASCADE,
  hash          BYTEA NOT NULL UNIQUE, -- of the token in the link
  expires       BIGINT NOT NULL
);

CREATE TABLE sessions (
  hash          BYTEA PRIMARY KEY,
  administrator BIGINT NOT NULL REFERENCES administrators (id) ON DELETE CASCADE,
  purpose       TEXT COLLATE "C" NOT NULL,
  created       BIGINT NOT NULL,
  expires       BIGINT NOT NULL,
  address       TEXT COLLATE "C" NOT NULL DEFAULT '',
  browser       TEXT COLLATE "C" NOT NULL DEFAULT '' -- in words
);
CREATE INDEX sessions_administrator ON sessions (administrator);

CREATE TABLE enrolment_tokens (
  hash          BYTEA PRIMARY KEY,
  administrator BIGINT NOT NULL REFERENCES administrators (id) ON DELETE CASCADE,
  expires       BIGINT NOT NULL,
  agent         BIGINT NOT NULL, -- 0: not redeemed
  public_key    BYTEA
);

CREATE TABLE device_sign_ins (
  hash          BYTEA PRIMARY KEY, -- of the device code
  user_hash     BYTEA NOT NULL UNIQUE,
  host          TEXT COLLATE "C" NOT NULL,
  address       TEXT COLLATE "C" NOT NULL,
  created       BIGINT NOT NULL,
  expires       BIGINT NOT NULL,
  decision      TEXT COLLATE "C" NOT NULL,
  administrator BIGINT NOT NULL -- 0: nobody decided yet
);
CREATE INDEX device_sign_ins_expires ON device_sign_ins (expires);

CREATE TABLE agents (
  id            BIGINT PRIMARY KEY,
  organization  BIGINT NOT NULL REFERENCES organizations (id),
  policy        BIGINT NOT NULL REFERENCES policies (id),
  public_key    BYTEA NOT NULL,
  created       BIGINT NOT NULL,
  configuration TEXT COLLATE "C" NOT NULL,
  heartbeat     TEXT COLLATE "C" NOT NULL,
  heard_at      BIGINT NOT NULL, -- 0: never
  departed      BIGINT NOT NULL DEFAULT 0 -- 0: still there
);

CREATE TABLE revisions (
  agent         BIGINT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
  version       BIGINT NOT NULL,
  at            BIGINT NOT NULL,
  organization  BIGINT NOT NULL,
  policy        BIGINT NOT NULL,
  configuration TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (agent, version)
);

CREATE TABLE assertions (
  agent   BIGINT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
  jti     TEXT COLLATE "C" NOT NULL,
  expires BIGINT NOT NULL,
  PRIMARY KEY (agent, jti)
);

CREATE TABLE runs (
  agent   BIGINT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
  id      TEXT COLLATE "C" NOT NULL,
  started BIGINT NOT NULL,
  body    TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (agent, id)
);
CREATE INDEX runs_started ON runs (agent, started);

-- Keys ending in _key are folded to lower case, by the program. agent 0 means Local.
CREATE TABLE users (
  id              BIGINT PRIMARY KEY,
  agent           BIGINT NOT NULL,
  organization    BIGINT NOT NULL,
  external_id     TEXT COLLATE "C",
  user_name       TEXT COLLATE "C" NOT NULL,
  user_name_key   TEXT COLLATE "C" NOT NULL,
  given_name      TEXT COLLATE "C",
  family_name     TEXT COLLATE "C",
  formatted_name  TEXT COLLATE "C",
  display_name    TEXT COLLATE "C",
  mail            TEXT COLLATE "C",
  mail_key        TEXT COLLATE "C",
  mail_type       TEXT COLLATE "C",
  other_mail      TEXT COLLATE "C", -- JSON, rarely set
  sam_account     TEXT COLLATE "C",
  state           TEXT COLLATE "C" NOT NULL,
  former          TEXT COLLATE "C",
  version         BIGINT NOT NULL,
  created         BIGINT NOT NULL,
  modified        BIGINT NOT NULL,
  search_key      TEXT COLLATE "C" NOT NULL, -- every name, folded, one a line
  two_factor      BOOLEAN NOT NULL DEFAULT FALSE -- has to be set up when the user becomes Active
);
CREATE UNIQUE INDEX users_external ON users (agent, external_id);
CREATE UNIQUE INDEX users_user_name ON users (user_name_key) WHERE state <> 'disabled';
CREATE UNIQUE INDEX users_mail ON users (mail_key) WHERE state <> 'disabled';
CREATE INDEX users_user_name_disabled ON users (user_name_key) WHERE state = 'disabled';
CREATE INDEX users_mail_disabled ON users (mail_key) WHERE state = 'disabled';
CREATE INDEX users_state ON users (state, id);

CREATE TABLE accounts (
  user_id        BIGINT PRIMARY KEY,
  password_hash  TEXT COLLATE "C" NOT NULL,
  second_factor  TEXT COLLATE "C" NOT NULL, -- base32; empty: none
  code_step      BIGINT NOT NULL,
  pending_factor TEXT COLLATE "C" NOT NULL, -- shown at enrolment, not confirmed yet
  activated      BIGINT NOT NULL -- 0: enrolment is under way
);

CREATE TABLE recovery_codes (
  user_id BIGINT NOT NULL,
  hash    BYTEA NOT NULL,
  PRIMARY KEY (user_id, hash)
);

CREATE TABLE person_sessions (
  hash    BYTEA PRIMARY KEY,
  user_id BIGINT NOT NULL,
  purpose TEXT COLLATE "C" NOT NULL,
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE INDEX person_sessions_user ON person_sessions (user_id);
CREATE INDEX person_sessions_expires ON person_sessions (expires);

CREATE TABLE invitations (
  hash    BYTEA PRIMARY KEY,
  user_id BIGINT NOT NULL,
  address TEXT COLLATE "C" NOT NULL, -- folded
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  used    BIGINT NOT NULL -- 0: not yet
);
CREATE INDEX invitations_user ON invitations (user_id);
CREATE INDEX invitations_expires ON invitations (expires);

CREATE TABLE invitation_asks (
  address TEXT COLLATE "C" PRIMARY KEY, -- folded
  at      BIGINT NOT NULL
);

-- One row for each user and purpose: this is what sends a message once.
CREATE TABLE messages (
  user_id  BIGINT NOT NULL,
  purpose  TEXT COLLATE "C" NOT NULL,
  round    BIGINT NOT NULL, -- grows when it is to be sent anew
  state    TEXT COLLATE "C" NOT NULL,
  attempts BIGINT NOT NULL, -- in this round
  due      BIGINT NOT NULL,
  claim    TEXT COLLATE "C" NOT NULL, -- who is sending it
  claimed  BIGINT NOT NULL, -- until when
  sent     BIGINT NOT NULL,
  problem  TEXT COLLATE "C" NOT NULL, -- JSON; what the last attempt met
  PRIMARY KEY (user_id, purpose)
);
CREATE INDEX messages_due ON messages (due) WHERE state = 'pending';
CREATE INDEX messages_refused ON messages (user_id) WHERE state = 'refused';

CREATE TABLE groups (
  id           BIGINT PRIMARY KEY,
  agent        BIGINT NOT NULL,
  organization BIGINT NOT NULL,
  external_id  TEXT COLLATE "C",
  display_name TEXT COLLATE "C" NOT NULL,
  version      BIGINT NOT NULL,
  created      BIGINT NOT NULL,
  modified     BIGINT NOT NULL
);
CREATE UNIQUE INDEX groups_external ON groups (agent, external_id);

CREATE TABLE members (
  group_id  BIGINT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  member_id BIGINT NOT NULL, -- of users or groups, as kind says
  kind      TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (group_id, member_id)
);
CREATE INDEX members_member ON members (member_id);

-- Who did what, when, from where. The number is the order in which things were done.
CREATE TABLE audit_log (
  number       BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, -- never given twice
  at           BIGINT NOT NULL,
  actor_kind   TEXT COLLATE "C" NOT NULL,
  actor_id     BIGINT NOT NULL,
  actor_name   TEXT COLLATE "C" NOT NULL, -- as it was then, like the subject's
  address      TEXT COLLATE "C" NOT NULL,
  what         TEXT COLLATE "C" NOT NULL,
  subject_kind TEXT COLLATE "C" NOT NULL,
  subject_id   BIGINT NOT NULL,
  subject_name TEXT COLLATE "C" NOT NULL,
  details      TEXT COLLATE "C" NOT NULL, -- JSON
  search_key   TEXT COLLATE "C" NOT NULL  -- folded
);
CREATE INDEX audit_log_at ON audit_log (at, number);
CREATE INDEX audit_log_actor ON audit_log (actor_kind, number);
CREATE INDEX audit_log_what ON audit_log (what, number);

-- Finds any part of a text from three characters on. Who owns a database may add this extension to it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX audit_log_text ON audit_log USING gin (search_key gin_trgm_ops);

-- Entries are only ever added.
-- +goose StatementBegin
CREATE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_is_append_only();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();

-- What replicas tell each other and is too large for a notification, for some minutes. After a crash nobody waits for it.
CREATE UNLOGGED TABLE told (
  id   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at   TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
  body BYTEA NOT NULL
);
CREATE INDEX told_at ON told (at);
