-- Who wants nothing from whom. The commit statement looks here for direct conversations.
CREATE TABLE blocks (
  blocker_id text NOT NULL REFERENCES users (id),
  blocked_id text NOT NULL REFERENCES users (id),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (blocker_id, blocked_id),
  CHECK (blocker_id <> blocked_id)
);
