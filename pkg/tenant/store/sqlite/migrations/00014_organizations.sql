-- +goose Up

ALTER TABLE organizations ADD COLUMN url_name TEXT NOT NULL DEFAULT ''; -- fixed once made
ALTER TABLE organizations ADD COLUMN suffix TEXT NOT NULL DEFAULT ''; -- of Local users' logon names, without @; empty: any
ALTER TABLE organizations ADD COLUMN licences INTEGER NOT NULL DEFAULT 0; -- 0: not counted
UPDATE organizations SET url_name = 'organization-' || id;
CREATE UNIQUE INDEX organizations_url_name ON organizations (url_name);

ALTER TABLE administrators ADD COLUMN organization INTEGER NOT NULL DEFAULT 0; -- 0: the whole tenant

-- The name that lists show, folded: lists are sorted by it. Those that are here already are folded as far as SQL can; the
-- program folds the whole name when a user changes.
ALTER TABLE users ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
UPDATE users SET name_key = lower(coalesce(display_name, nullif(trim(coalesce(given_name, '') || ' ' || coalesce(family_name, '')), ''), user_name));
CREATE INDEX users_name ON users (name_key);

-- Lists of one organization's or one agent's people, newest first. Added users come at the end of theirs.
CREATE INDEX users_organization ON users (organization);
CREATE INDEX users_agent ON users (agent);
