-- Response times: the cycles of a conversation, the waits that follow from its log, and business hours.
-- No foreign keys to people: a figure outlives an account.

-- What happened to a conversation besides its messages, placed among them: an event at seq n came after message n and
-- before message n + 1. Written under the conversation's row lock, as messages are, so that there is one order.
CREATE TABLE cycles (
  conversation_id uuid NOT NULL REFERENCES conversations (id),
  cycle integer NOT NULL,
  opened_seq bigint NOT NULL,
  opened_at timestamptz(3) NOT NULL,
  closed_seq bigint,
  closed_at timestamptz(3),
  closed_by text,
  -- Who had it when it was closed.
  assignee_id text,
  PRIMARY KEY (conversation_id, cycle),
  CHECK ((closed_seq IS NULL) = (closed_at IS NULL))
);
-- Whoever is erased may have closed what they were no member of.
CREATE INDEX cycles_closed_by ON cycles (closed_by) WHERE closed_by IS NOT NULL;

CREATE TABLE assignments (
  conversation_id uuid NOT NULL REFERENCES conversations (id),
  seq bigint NOT NULL,
  -- Drawn under the row lock: of several at one seq, the last one counts.
  id bigint GENERATED ALWAYS AS IDENTITY,
  assignee_id text,
  PRIMARY KEY (conversation_id, seq, id)
);

-- Of what was closed and reopened before there were cycles nothing is known: one cycle, since the beginning.
INSERT INTO cycles (conversation_id, cycle, opened_seq, opened_at, closed_seq, closed_at)
SELECT id, cycle, 0, created_at, CASE WHEN status = 'closed' THEN last_seq END,
  CASE WHEN status = 'closed' THEN updated_at END
FROM conversations WHERE kind <> 'group';
INSERT INTO assignments (conversation_id, seq, assignee_id)
SELECT id, last_seq, assignee_id FROM conversations WHERE assignee_id IS NOT NULL;

-- Who was on the team when a message was sent: a role that changes later must not rewrite a figure. The first role
-- that is known holds for all time before. A trigger, because several statements write `users`.
CREATE TABLE user_roles (
  user_id text NOT NULL,
  since timestamptz(3) NOT NULL,
  role text NOT NULL,
  PRIMARY KEY (user_id, since)
);
INSERT INTO user_roles (user_id, since, role) SELECT id, '-infinity', role FROM users;

CREATE FUNCTION note_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO user_roles (user_id, since, role)
  VALUES (NEW.id, CASE WHEN TG_OP = 'INSERT' THEN '-infinity' ELSE clock_timestamp() END, NEW.role)
  ON CONFLICT (user_id, since) DO UPDATE SET role = EXCLUDED.role;
  RETURN NULL;
END $$;
CREATE TRIGGER users_first_role AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION note_role();
CREATE TRIGGER users_role AFTER UPDATE OF role ON users FOR EACH ROW
  WHEN (OLD.role IS DISTINCT FROM NEW.role) EXECUTE FUNCTION note_role();

-- One row per thing somebody waits for. Everything here follows from the log above: it can be thrown away and written
-- again. A resolution starts where its cycle was opened, which is before any message of that cycle: no two rows of a
-- cycle start at the same seq.
CREATE TABLE waits (
  conversation_id uuid NOT NULL,
  cycle integer NOT NULL,
  start_seq bigint NOT NULL,
  measure text NOT NULL CHECK (measure IN ('first_reply', 'next_reply', 'resolution')),
  kind text NOT NULL CHECK (kind IN ('direct', 'support')),
  outcome text NOT NULL CHECK (outcome IN ('open', 'answered', 'closed_unanswered', 'resolved')),
  started_at timestamptz(3) NOT NULL,
  end_seq bigint,
  ended_at timestamptz(3),
  -- Who answered; of a resolution, who had the conversation when it was closed, else who closed it.
  agent_id text,
  -- direct: who was written to; support: who had it when it ended.
  assignee_id text,
  ms bigint,
  -- Null without a schedule at its start.
  business_ms bigint,
  PRIMARY KEY (conversation_id, cycle, start_seq),
  CHECK ((outcome = 'open') = (ended_at IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX waits_started ON waits (started_at, conversation_id, cycle, start_seq);
CREATE INDEX waits_ended ON waits (ended_at, conversation_id, cycle, start_seq) WHERE ended_at IS NOT NULL;
CREATE INDEX waits_open ON waits (started_at, conversation_id, cycle, start_seq) WHERE outcome = 'open';
CREATE INDEX waits_of_seller ON waits (assignee_id, started_at) WHERE kind = 'direct' AND measure = 'first_reply';

-- Up to where the messages of a conversation are accounted for in `waits`. Its row is also the lock under which they
-- are: jobs may run late, twice and at the same time.
CREATE TABLE wait_progress (
  conversation_id uuid PRIMARY KEY,
  seq bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- A version is in force from valid_from until the next one, and is never changed.
CREATE TABLE schedules (
  valid_from timestamptz(3) PRIMARY KEY,
  zone text NOT NULL,
  -- [{day, from, to}]: ISO weekday, local times HH:MM to 24:00.
  hours jsonb NOT NULL,
  holidays date[] NOT NULL DEFAULT '{}'
);

-- The time within business hours between two moments, in the zone's own days: 23 or 25 hours where the clock changes.
-- A local time that the clock skips counts as if it had not changed yet; one that it repeats as its second passing.
CREATE FUNCTION business_ms(from_at timestamptz, to_at timestamptz) RETURNS bigint STABLE LANGUAGE sql AS $$
  SELECT CASE WHEN EXISTS (SELECT FROM schedules WHERE valid_from <= from_at) THEN (
    SELECT COALESCE(sum(extract(epoch FROM o.until - o.since) * 1000), 0)::bigint
    FROM (
      SELECT zone, hours, holidays, GREATEST(valid_from, from_at) AS since,
        LEAST(lead(valid_from) OVER (ORDER BY valid_from), to_at) AS until
      FROM schedules) s
    CROSS JOIN LATERAL generate_series((s.since AT TIME ZONE s.zone)::date::timestamp,
      (s.until AT TIME ZONE s.zone)::date::timestamp, interval '1 day') AS d(day)
    JOIN LATERAL jsonb_to_recordset(s.hours) AS h(day int, "from" interval, "to" interval)
      ON h.day = extract(isodow FROM d.day)
    CROSS JOIN LATERAL (
      SELECT GREATEST((d.day + h."from") AT TIME ZONE s.zone, s.since) AS since,
        LEAST((d.day + h."to") AT TIME ZONE s.zone, s.until) AS until) o
    WHERE s.since < s.until AND NOT d.day::date = ANY (s.holidays) AND o.since < o.until
  ) END
$$;

-- Figures of long times: waits summed up by the hour in which they began (by 'start') or ended (by 'end'). A row for
-- each bucket of durations, so hours add up to a year; their percentiles would not.
CREATE TABLE rollups (
  by text NOT NULL CHECK (by IN ('start', 'end')),
  hour timestamptz(3) NOT NULL,
  measure text NOT NULL,
  kind text NOT NULL,
  agent_id text,
  -- Durations of those that ended as hoped, by both clocks, and what did not, which has none.
  part text NOT NULL CHECK (part IN ('calendar', 'business', 'unanswered', 'open')),
  bucket integer,
  n integer NOT NULL,
  sum_ms bigint NOT NULL,
  max_ms bigint NOT NULL,
  UNIQUE NULLS NOT DISTINCT (by, hour, measure, kind, agent_id, part, bucket)
);

-- Hours whose waits changed since they were summed up. Noted with the waits; whoever sums up takes the hour away
-- first, so that a wait which is written meanwhile has to wait and then notes its hour again.
CREATE TABLE stale_hours (hour timestamptz(3) PRIMARY KEY);

-- Which jobs of a row are still to be done, one bit each (contracts/src/jobs.ts), and conversations whose cycles
-- changed without a message.
ALTER TABLE outbox ADD COLUMN todo smallint NOT NULL DEFAULT 7, ADD COLUMN touched uuid[];
