-- The mirror's tables. See the package comment for what holds between them. The entries are in entries.sql.

-- One row a membership that the directory or the tenant has. A member may be an entry that was not read yet.
CREATE TABLE members (
    team    INTEGER NOT NULL,           -- seq of the group
    member  BLOB    NOT NULL,           -- GUID
    present INTEGER NOT NULL,           -- the directory has it
    pushed  INTEGER NOT NULL DEFAULT 0, -- the tenant has it
    doubt   INTEGER NOT NULL DEFAULT 0, -- an answer was lost: pushed is not certain
    dirty   INTEGER NOT NULL DEFAULT 1, -- to be judged again
    todo    TEXT    NOT NULL DEFAULT '',
    since   INTEGER,
    approved INTEGER NOT NULL DEFAULT 0,
    decision TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (team, member)
) STRICT, WITHOUT ROWID;

CREATE INDEX members_dirty  ON members (team) WHERE dirty = 1;
CREATE INDEX members_todo   ON members (todo, team) WHERE todo <> '';

-- One row a request that is under way: written before it is sent, removed with its answers. What is left of a run that was
-- cut off is in doubt.
CREATE TABLE flights (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    seqs    TEXT NOT NULL DEFAULT '[]', -- JSON: entries
    members TEXT NOT NULL DEFAULT '[]'  -- JSON: memberships, each [team, member in hexadecimal digits]
) STRICT;

-- Units chosen in the console.
CREATE TABLE scope (unit BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;

-- What the tenant turned out to have, when the mirror was new or when everything is compared, until the pass completes.
CREATE TABLE adopted (
    guid   BLOB PRIMARY KEY,
    kind   TEXT NOT NULL,
    remote TEXT NOT NULL,
    name   TEXT NOT NULL,
    active INTEGER NOT NULL, -- 2: it was not said
    hash   INTEGER NOT NULL -- of the values there
) STRICT, WITHOUT ROWID;

CREATE INDEX adopted_remote ON adopted (remote);

CREATE TABLE adopted_members (
    team   BLOB NOT NULL,
    member BLOB NOT NULL,
    PRIMARY KEY (team, member)
) STRICT, WITHOUT ROWID;

-- Exactly one row.
CREATE TABLE facts (
    only        INTEGER PRIMARY KEY CHECK (only = 1),
    agent       TEXT    NOT NULL DEFAULT '', -- whose mirror this is
    matched     INTEGER NOT NULL DEFAULT 0,  -- the tenant's objects were adopted
    cursor      BLOB,
    domain      BLOB,
    server      TEXT    NOT NULL DEFAULT '',
    invocation  BLOB,
    pass        INTEGER NOT NULL DEFAULT 0,  -- number of the running or last full pass
    full        INTEGER NOT NULL DEFAULT 0,  -- a full pass is under way
    consistent  INTEGER NOT NULL DEFAULT 0,  -- the last pass completed, and nothing of another was taken in since
    read_whole  INTEGER NOT NULL DEFAULT 0,  -- unix seconds at which the last full pass completed
    people      INTEGER NOT NULL DEFAULT 0,  -- pushed and active
    disabled    INTEGER NOT NULL DEFAULT 0,
    teams       INTEGER NOT NULL DEFAULT 0,  -- groups
    memberships INTEGER NOT NULL DEFAULT 0,
    compared    INTEGER NOT NULL DEFAULT 0   -- control.Configuration.Compare at the last comparison with the tenant
) STRICT;

INSERT INTO facts (only) VALUES (1);
