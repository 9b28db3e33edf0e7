-- +goose Up

-- One row an agent that something is wrong with, or was. Times are unix milliseconds.
CREATE TABLE alarms (
  agent   BIGINT PRIMARY KEY,
  code    TEXT COLLATE "C" NOT NULL, -- control.ConditionCode
  since   BIGINT NOT NULL,
  told    TEXT COLLATE "C" NOT NULL, -- what administrators were told of; '': of nothing yet
  well    BIGINT NOT NULL,           -- 0: it is not
  tried   BIGINT NOT NULL,
  reached TEXT COLLATE "C" NOT NULL, -- JSON: administrators who have the e-mail of which others wait
  version BIGINT NOT NULL
);

ALTER TABLE administrators ADD COLUMN alarms BOOLEAN NOT NULL DEFAULT TRUE; -- wants to be written to
