-- The tables of version 2, with rows, of which the last that had been added is gone.

CREATE TABLE entries (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    guid        BLOB    NOT NULL UNIQUE,
    parent      BLOB,                       -- NULL: not said yet
    kind        TEXT    NOT NULL,           -- directory.Kind; '' until it is said
    name        TEXT    NOT NULL DEFAULT '',
    given_name  TEXT    NOT NULL DEFAULT '',
    surname     TEXT    NOT NULL DEFAULT '',
    mail        TEXT    NOT NULL DEFAULT '',
    logon_name  TEXT    NOT NULL DEFAULT '',
    sam         TEXT    NOT NULL DEFAULT '',
    display     TEXT    NOT NULL DEFAULT '',
    control     INTEGER NOT NULL DEFAULT 0, -- userAccountControl
    expires     INTEGER NOT NULL DEFAULT 0, -- accountExpires, FILETIME
    deleted     INTEGER NOT NULL DEFAULT 0,
    seen        INTEGER NOT NULL,           -- number of the last full pass that reported it
    inside      INTEGER NOT NULL DEFAULT 0, -- stands in scope

    -- the verdict (package plan)
    dirty       INTEGER NOT NULL DEFAULT 0, -- to be judged again
    todo        TEXT    NOT NULL DEFAULT '',
    flag        TEXT    NOT NULL DEFAULT '',
    wanted      INTEGER NOT NULL DEFAULT 0, -- hash
    want_active INTEGER NOT NULL DEFAULT 0,
    claims      INTEGER NOT NULL DEFAULT 0,
    mail_key    INTEGER NOT NULL DEFAULT 0, -- hashes of the folded names, while claimed
    logon_key   INTEGER NOT NULL DEFAULT 0,
    due         INTEGER,                    -- unix seconds
    since       INTEGER,                    -- unix milliseconds; when there first was something to do
    approved    INTEGER NOT NULL DEFAULT 0, -- a removal that the administrator let pass the guard
    decision    TEXT    NOT NULL DEFAULT '', -- of a removal: rejected, or waits (for a decision, whatever the guard's limit)

    -- what the tenant acknowledged
    remote      TEXT,                       -- id there; NULL: the tenant does not have it
    remote_kind TEXT    NOT NULL DEFAULT '', -- what it is there: user or group
    pushed      INTEGER NOT NULL DEFAULT 0, -- hash
    active      INTEGER NOT NULL DEFAULT 0,
    doubt       INTEGER NOT NULL DEFAULT 0, -- an answer was lost: what the tenant has must be asked
    refusal     TEXT    NOT NULL DEFAULT '', -- plan.Refused or plan.Conflicting
    reason      TEXT    NOT NULL DEFAULT ''  -- in the tenant's words
) STRICT;

CREATE INDEX entries_parent ON entries (parent);
CREATE INDEX entries_mail   ON entries (mail_key)        WHERE claims = 1;
CREATE INDEX entries_logon  ON entries (logon_key)       WHERE claims = 1;
CREATE INDEX entries_todo   ON entries (todo, kind, seq) WHERE todo <> '';
CREATE INDEX entries_flag   ON entries (flag, seq)       WHERE flag <> '';
CREATE INDEX entries_dirty  ON entries (seq)             WHERE dirty = 1;
CREATE INDEX entries_doubt  ON entries (seq)             WHERE doubt = 1;
CREATE INDEX entries_due    ON entries (due)             WHERE due IS NOT NULL;

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

CREATE INDEX members_member ON members (member);
CREATE INDEX members_dirty  ON members (team) WHERE dirty = 1;
CREATE INDEX members_todo   ON members (todo, team) WHERE todo <> '';

CREATE TABLE flights (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    seqs         TEXT NOT NULL DEFAULT '[]', -- JSON: entries
    first_team   INTEGER,                    -- or a range of memberships
    first_member BLOB,
    last_team    INTEGER,
    last_member  BLOB
) STRICT;

CREATE TABLE scope (unit BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;

CREATE TABLE adopted (
    guid   BLOB PRIMARY KEY,
    kind   TEXT NOT NULL,
    remote TEXT NOT NULL,
    name   TEXT NOT NULL,
    active INTEGER NOT NULL,
    hash   INTEGER NOT NULL -- of the values there
) STRICT, WITHOUT ROWID;

CREATE INDEX adopted_remote ON adopted (remote);

CREATE TABLE adopted_members (
    team   BLOB NOT NULL,
    member BLOB NOT NULL,
    PRIMARY KEY (team, member)
) STRICT, WITHOUT ROWID;

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
INSERT INTO entries (seq, guid, parent, kind, name, seen, mail, logon_name, claims, mail_key, logon_key, remote, remote_kind, active, decision)
    VALUES (3, x'00000000000000000000000000000001', x'00000000000000000000000000000009', 'user', 'Ann Berg', 1, 'ann@acme.test', 'ann@example.test', 1, 11, 12, 'r1', 'user', 1, 'rejected'),
           (7, x'00000000000000000000000000000002', x'00000000000000000000000000000009', 'group', 'Sales', 1, '', '', 0, 0, 0, 'r2', 'group', 0, ''),
           (9, x'00000000000000000000000000000003', NULL, 'user', 'Bo Gone', 1, '', '', 0, 0, 0, NULL, '', 0, '');
DELETE FROM entries WHERE seq = 9;
INSERT INTO members (team, member, present, pushed) VALUES (7, x'00000000000000000000000000000001', 1, 1);
UPDATE facts SET agent = 'agent', pass = 1, read_whole = 1700000000, matched = 1, people = 1, teams = 1, memberships = 1;
PRAGMA user_version = 2;
