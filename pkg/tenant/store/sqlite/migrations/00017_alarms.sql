-- +goose Up

-- One row an agent that something is wrong with, or was. Times are unix milliseconds.
CREATE TABLE alarms (
  agent   INTEGER PRIMARY KEY,
  code    TEXT NOT NULL,    -- control.ConditionCode
  since   INTEGER NOT NULL,
  told    TEXT NOT NULL,    -- what administrators were told of; '': of nothing yet
  well    INTEGER NOT NULL, -- 0: it is not
  tried   INTEGER NOT NULL,
  reached TEXT NOT NULL,    -- JSON: administrators who have the e-mail of which others wait
  version INTEGER NOT NULL
);

ALTER TABLE administrators ADD COLUMN alarms INTEGER NOT NULL DEFAULT 1; -- wants to be written to
