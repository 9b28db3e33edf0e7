-- +goose Up

ALTER TABLE organizations ADD COLUMN min_strength BIGINT NOT NULL DEFAULT 3; -- zxcvbn's score
ALTER TABLE organizations ADD COLUMN max_password_age BIGINT NOT NULL DEFAULT 0; -- days, of Local users' passwords; 0: for ever

ALTER TABLE accounts ADD COLUMN password_set BIGINT NOT NULL DEFAULT 0; -- when
ALTER TABLE accounts ADD COLUMN must_change BOOLEAN NOT NULL DEFAULT FALSE; -- at the next sign-in
UPDATE accounts SET password_set = activated;

ALTER TABLE invitations ADD COLUMN purpose TEXT COLLATE "C" NOT NULL DEFAULT 'enrolment';

-- Wishes live for a second: those that wait are asked again.
DROP TABLE invitation_asks;
CREATE TABLE invitation_asks (
  purpose TEXT COLLATE "C" NOT NULL,
  address TEXT COLLATE "C" NOT NULL, -- folded
  at      BIGINT NOT NULL,
  PRIMARY KEY (purpose, address)
);
