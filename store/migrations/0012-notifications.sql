-- The bell: newest activity first. A line that is raised moves up, so its time is what it is sorted by.
CREATE INDEX notifications_newest ON notifications (user_id, created_at DESC, id DESC);
DROP INDEX notifications_of_user;
-- The badge counts these.
CREATE INDEX notifications_unread_of_user ON notifications (user_id) WHERE read_at IS NULL;

-- What somebody wants to be told, and when. Without a row: everything, always.
CREATE TABLE notification_preferences (
  user_id text PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  -- Announce new lines to the person's open pages as they come.
  socket boolean NOT NULL DEFAULT true,
  -- Local times; from after to is over midnight. Nothing is announced then; lines are written all the same.
  quiet_zone text,
  quiet_from time(0),
  quiet_to time(0),
  CHECK (num_nulls(quiet_zone, quiet_from, quiet_to) IN (0, 3))
);

CREATE FUNCTION is_quiet(zone text, since time, until time, at timestamptz) RETURNS boolean STABLE LANGUAGE sql AS $$
  SELECT CASE WHEN since <= until THEN local >= since AND local < until ELSE local >= since OR local < until END
  FROM (SELECT (at AT TIME ZONE zone)::time AS local) l
$$;
