-- +goose Up

-- What was chosen for an agent, version by version; the audit log says by whom.
CREATE TABLE revisions (
  agent         INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
  version       INTEGER NOT NULL,
  at            INTEGER NOT NULL,
  organization  INTEGER NOT NULL,
  policy        INTEGER NOT NULL,
  configuration TEXT NOT NULL,
  PRIMARY KEY (agent, version)
) WITHOUT ROWID;
