-- Server keys, the standing of people (revoked, banned), passwords and sessions of the standalone sign-in, and the
-- record of what matters.

-- Kept as SHA-256: 256 random bits need no slow hash, and the look-up is one index probe.
CREATE TABLE api_keys (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  name text NOT NULL,
  -- The key's first characters, by which people recognise it in a list.
  prefix text NOT NULL,
  hash bytea NOT NULL UNIQUE,
  scopes text[] NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  last_used_at timestamptz(3),
  expires_at timestamptz(3),
  revoked_at timestamptz(3),
  replaced_by uuid REFERENCES api_keys (id)
);

-- Tokens issued before tokens_valid_from are refused: a revocation and a ban are both a later time here. The index
-- holds only people who were ever revoked: it answers the gateways' «who since?» every two seconds.
ALTER TABLE users ADD COLUMN tokens_valid_from timestamptz(3), ADD COLUMN banned_at timestamptz(3),
  ADD COLUMN ban_reason text;
CREATE INDEX users_revoked ON users (tokens_valid_from) WHERE tokens_valid_from IS NOT NULL;
CREATE INDEX users_by_email ON users (lower(email)) WHERE email IS NOT NULL;

CREATE TABLE passwords (
  user_id text PRIMARY KEY REFERENCES users (id),
  -- PHC string: algorithm, parameters, salt and hash, so that parameters can rise.
  hash text NOT NULL,
  set_at timestamptz(3) NOT NULL DEFAULT now()
);

-- One row per device that signed in with a password. Its refresh token is replaced at every use; the hash of the one
-- before is kept, to tell a lost answer (the client asks again with it at once) from a stolen token.
CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  user_id text NOT NULL REFERENCES users (id),
  token_hash bytea NOT NULL,
  previous_hash bytea,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  rotated_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL
);
CREATE INDEX sessions_of_user ON sessions (user_id);

-- Who did what to whom. No foreign keys: a record outlives what it is about.
CREATE TABLE audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz(3) NOT NULL DEFAULT now(),
  actor_kind text NOT NULL CHECK (actor_kind IN ('person', 'key', 'anyone', 'system')),
  actor_id text,
  action text NOT NULL,
  target text,
  details jsonb,
  request_id uuid,
  address text
);
CREATE INDEX audit_of_target ON audit (target, id DESC);
CREATE INDEX audit_of_actor ON audit (actor_id, id DESC);
CREATE INDEX audit_of_action ON audit (action, id DESC);
