-- +goose Up

-- A run is there from its first write on, under a number that its rows carry; the agent's report completes it.
ALTER TABLE runs ADD COLUMN number INTEGER NOT NULL DEFAULT 0; -- an id like any other; 0: from before there were rows
ALTER TABLE runs ADD COLUMN reported INTEGER NOT NULL DEFAULT 1;
ALTER TABLE runs ADD COLUMN row_count INTEGER NOT NULL DEFAULT 0;
CREATE INDEX runs_agent_number ON runs (agent, number);
CREATE INDEX runs_number ON runs (number);
CREATE INDEX runs_age ON runs (started);

-- Whom a run added: the ids of each request, which follow each other. A row for each of them would cost a fifth of adding them.
CREATE TABLE run_added (
  run   INTEGER NOT NULL, -- number of the run
  first INTEGER NOT NULL,
  last  INTEGER NOT NULL,
  agent INTEGER NOT NULL, -- of the users
  PRIMARY KEY (run, first)
) WITHOUT ROWID;
CREATE INDEX run_added_first ON run_added (first);

-- What else a run changed, one row an object and change; and of those whom it added who was put back or removed since.
CREATE TABLE run_rows (
  run         INTEGER NOT NULL,
  number      INTEGER NOT NULL, -- grows within the run; of an added user the user's id
  object      INTEGER NOT NULL, -- user or group
  what        TEXT NOT NULL,
  name        TEXT NOT NULL, -- as it was then
  member      INTEGER NOT NULL, -- 0: it is about no membership
  member_name TEXT NOT NULL,
  attributes  TEXT NOT NULL, -- JSON
  search_key  TEXT NOT NULL, -- folded; a member's is the user's own
  undone      INTEGER NOT NULL, -- when it was put back; 0: it was not
  kept        TEXT NOT NULL, -- why it could not be put back
  PRIMARY KEY (run, number)
) WITHOUT ROWID;
CREATE INDEX run_rows_what ON run_rows (run, what, number);
CREATE INDEX run_rows_object ON run_rows (object, number);
CREATE INDEX run_rows_member ON run_rows (member, number) WHERE member <> 0;

-- Undoing a run goes from its last row to its first, in parts.
CREATE TABLE undos (
  run     INTEGER PRIMARY KEY,
  agent   INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
  begun   INTEGER NOT NULL,
  by_whom TEXT NOT NULL,
  before  INTEGER NOT NULL, -- rows with lower numbers are left to do
  undone  INTEGER NOT NULL,
  kept    INTEGER NOT NULL,
  ended   INTEGER NOT NULL -- 0: under way
);
CREATE INDEX undos_agent ON undos (agent, ended);
