-- +goose Up

ALTER TABLE organizations ADD COLUMN min_strength INTEGER NOT NULL DEFAULT 3; -- zxcvbn's score
ALTER TABLE organizations ADD COLUMN max_password_age INTEGER NOT NULL DEFAULT 0; -- days, of Local users' passwords; 0: for ever

ALTER TABLE accounts ADD COLUMN password_set INTEGER NOT NULL DEFAULT 0; -- when
ALTER TABLE accounts ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0; -- at the next sign-in
UPDATE accounts SET password_set = activated;

ALTER TABLE invitations ADD COLUMN purpose TEXT NOT NULL DEFAULT 'enrolment';

-- Wishes live for a second: those that wait are asked again.
DROP TABLE invitation_asks;
CREATE TABLE invitation_asks (
  purpose TEXT NOT NULL,
  address TEXT NOT NULL, -- folded
  at      INTEGER NOT NULL,
  PRIMARY KEY (purpose, address)
) WITHOUT ROWID;
