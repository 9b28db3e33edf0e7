-- +goose Up

-- A run is there from its first write on, under a number that its rows carry; the agent's report completes it.
ALTER TABLE runs ADD COLUMN number BIGINT NOT NULL DEFAULT 0; -- an id like any other; 0: from before there were rows
ALTER TABLE runs ADD COLUMN reported BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE runs ADD COLUMN row_count BIGINT NOT NULL DEFAULT 0;
CREATE INDEX runs_agent_number ON runs (agent, number);
CREATE INDEX runs_number ON runs (number);
CREATE INDEX runs_age ON runs (started);

-- Whom a run added: the ids of each request, which follow each other.
CREATE TABLE run_added (
  run   BIGINT NOT NULL, -- number of the run
  first BIGINT NOT NULL,
  last  BIGINT NOT NULL,
  agent BIGINT NOT NULL, -- of the users
  PRIMARY KEY (run, first)
);
CREATE INDEX run_added_first ON run_added (first);

-- What else a run changed, one row an object and change; and of those whom it added who was put back or removed since.
CREATE TABLE run_rows (
  run         BIGINT NOT NULL,
  number      BIGINT NOT NULL, -- grows within the run; of an added user the user's id
  object      BIGINT NOT NULL, -- user or group
  what        TEXT COLLATE "C" NOT NULL,
  name        TEXT COLLATE "C" NOT NULL, -- as it was then
  member      BIGINT NOT NULL, -- 0: it is about no membership
  member_name TEXT COLLATE "C" NOT NULL,
  attributes  TEXT COLLATE "C" NOT NULL, -- JSON
  search_key  TEXT COLLATE "C" NOT NULL, -- folded; a member's is the user's own
  undone      BIGINT NOT NULL, -- when it was put back; 0: it was not
  kept        TEXT COLLATE "C" NOT NULL, -- why it could not be put back
  PRIMARY KEY (run, number)
);
CREATE INDEX run_rows_what ON run_rows (run, what, number);
CREATE INDEX run_rows_object ON run_rows (object, number);
CREATE INDEX run_rows_member ON run_rows (member, number) WHERE member <> 0;

-- Undoing a run goes from its last row to its first, in parts.
CREATE TABLE undos (
  run     BIGINT PRIMARY KEY,
  agent   BIGINT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
  begun   BIGINT NOT NULL,
  by_whom TEXT COLLATE "C" NOT NULL,
  before  BIGINT NOT NULL, -- rows with lower numbers are left to do
  undone  BIGINT NOT NULL,
  kept    BIGINT NOT NULL,
  ended   BIGINT NOT NULL -- 0: under way
);
CREATE INDEX undos_agent ON undos (agent, ended);
