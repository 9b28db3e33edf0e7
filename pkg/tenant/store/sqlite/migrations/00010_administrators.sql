-- +goose Up

ALTER TABLE administrators ADD COLUMN last_sign_in INTEGER NOT NULL DEFAULT 0; -- 0: never
-- The first administrator, of those who may sign in, owns the tenant.
UPDATE administrators SET role = 'owner' WHERE id = (SELECT id FROM administrators WHERE role = 'administrator' ORDER BY locked, created, id LIMIT 1);

ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN browser TEXT NOT NULL DEFAULT ''; -- in words
CREATE INDEX sessions_administrator ON sessions (administrator);

CREATE TABLE administrator_codes (
  administrator INTEGER NOT NULL REFERENCES administrators (id) ON DELETE CASCADE,
  hash          BLOB NOT NULL, -- of a recovery code
  PRIMARY KEY (administrator, hash)
) WITHOUT ROWID;

CREATE TABLE administrator_invitations (
  administrator INTEGER PRIMARY KEY REFERENCES administrators (id) ON DELETE CASCADE,
  hash          BLOB NOT NULL UNIQUE, -- of the token in the link
  expires       INTEGER NOT NULL
);
