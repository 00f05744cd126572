-- Live updates that are not chat. A channel's row comes with its first event or its first member.
CREATE TABLE channels (
  name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_-]{0,31}:[A-Za-z0-9._:@-]{1,128}$'),
  -- The newest event's number. Taken under this row's lock, so commit order is cursor order and there is no gap.
  last_cursor bigint NOT NULL DEFAULT 0,
  -- Rises with everyone who may no longer subscribe: see conversations.roster.
  roster bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- Bounded: each publish drops what lies too far behind it, and the worker what is too old.
CREATE TABLE channel_events (
  channel text NOT NULL,
  cursor bigint NOT NULL,
  event text NOT NULL,
  -- json, not jsonb: what was published comes back letter for letter, also large numbers.
  payload json NOT NULL,
  -- The host's own name of the event; a retry meets the index.
  event_id text,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (channel, cursor)
);
CREATE UNIQUE INDEX channel_events_same ON channel_events (channel, event_id) WHERE event_id IS NOT NULL;
CREATE INDEX channel_events_by_age ON channel_events (created_at);

-- Whom the host lets subscribe.
CREATE TABLE channel_members (
  channel text NOT NULL,
  user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  PRIMARY KEY (channel, user_id)
);
CREATE INDEX channel_members_of_user ON channel_members (user_id);

-- Whoever loses a role loses its channel, by the same number as any other removal.
CREATE FUNCTION leave_role_channel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO channels AS c (name, roster) VALUES ('role:' || OLD.role, 1)
  ON CONFLICT (name) DO UPDATE SET roster = c.roster + 1;
  RETURN NULL;
END $$;
CREATE TRIGGER users_leave_role_channel AFTER UPDATE OF role ON users
  FOR EACH ROW WHEN (OLD.role IS DISTINCT FROM NEW.role) EXECUTE FUNCTION leave_role_channel();
