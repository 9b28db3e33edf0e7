-- +goose Up

-- What a search reads: the names alone, in the order of ids, a fifth of what the users themselves take. It begins with the id
-- so that adding users writes at its end only.
CREATE INDEX users_search ON users (id, search_key);

-- A client looks for a name before it adds it. The indexes that keep names apart have those who are not disabled; these
-- have the others, and cost nothing to add who is not.
CREATE INDEX users_user_name_disabled ON users (user_name_key) WHERE state = 'disabled';
CREATE INDEX users_mail_disabled ON users (mail_key) WHERE state = 'disabled';
