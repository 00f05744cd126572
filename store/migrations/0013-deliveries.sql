-- Beyond the page: which notification reaches a person by which way, what became of it, and where it goes.

-- Addresses of the host's back end.
CREATE TABLE webhooks (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  name text NOT NULL,
  url text NOT NULL,
  -- Kept as it is, because every delivery is signed with it. The former one signs beside it until its end.
  secret text NOT NULL,
  former_secret text,
  former_until timestamptz(3),
  created_by text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  -- Every attempt since then has failed.
  failing_since timestamptz(3),
  disabled_at timestamptz(3),
  disabled_because text CHECK (disabled_because IN ('asked', 'failing', 'gone')),
  CHECK ((disabled_at IS NULL) = (disabled_because IS NULL))
);

-- The ledger: one row for each person, notification and way, written by the statement that writes the notification.
-- The row says what is to be done; a queue only hands it to a worker, and may lose it or hand it out twice.
-- No foreign keys: a row outlives what it was sent to, and is deleted by its age or with its person.
CREATE TABLE deliveries (
  -- Also the id by which a receiver recognises a repeat.
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  channel text NOT NULL CHECK (channel IN ('webhook', 'push', 'email')),
  -- A webhook or a push subscription; null: the person's address.
  target uuid,
  user_id text NOT NULL,
  conversation_id uuid NOT NULL,
  seq bigint NOT NULL,
  -- dropped: needless by the time it was to be sent. dead: given up.
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dropped', 'dead')),
  -- Why it was dropped, or how the last attempt failed.
  reason text,
  -- Of the last answer over HTTP.
  status smallint,
  -- Of an e-mail: the lines that it tells of, [{conversationId, seq}]; conversation_id and seq are the newest of them.
  lines jsonb,
  -- When it may be tried. While it is queued or begun: when that counts as lost.
  due_at timestamptz(3) NOT NULL DEFAULT now(),
  -- How often it was handed to a queue. Only the job of the last time may begin, and only once.
  takes integer NOT NULL DEFAULT 0,
  stage text NOT NULL DEFAULT 'idle' CHECK (stage IN ('idle', 'queued', 'begun')),
  attempts integer NOT NULL DEFAULT 0,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  done_at timestamptz(3),
  CHECK ((state = 'waiting') = (done_at IS NULL)),
  CONSTRAINT deliveries_once UNIQUE NULLS NOT DISTINCT (user_id, conversation_id, seq, channel, target)
) WITH (fillfactor = 70);
-- What is waiting. Of webhooks each by itself: one that does not answer must not hide what others could have.
CREATE INDEX deliveries_due_webhook ON deliveries (target, due_at) WHERE channel = 'webhook' AND state = 'waiting';
CREATE INDEX deliveries_due ON deliveries (channel, due_at) WHERE channel <> 'webhook' AND state = 'waiting';
CREATE INDEX deliveries_in_flight ON deliveries (channel, target) WHERE state = 'waiting' AND stage <> 'idle';
CREATE INDEX deliveries_of_target ON deliveries (target, id) WHERE target IS NOT NULL;
CREATE INDEX deliveries_dead ON deliveries (target, id) WHERE state = 'dead';
CREATE INDEX deliveries_done ON deliveries (done_at) WHERE done_at IS NOT NULL;

-- Constant defaults: the table is not rewritten.
ALTER TABLE notification_preferences ADD COLUMN webhook boolean NOT NULL DEFAULT true,
  ADD COLUMN push boolean NOT NULL DEFAULT true, ADD COLUMN email boolean NOT NULL DEFAULT true;

-- When quiet hours end that have begun; null outside them. Always later than `at`, also where the clock changes.
CREATE FUNCTION quiet_until(zone text, since time, until time, at timestamptz) RETURNS timestamptz
STABLE LANGUAGE sql AS $$
  SELECT CASE WHEN is_quiet(zone, since, until, at) THEN GREATEST(at + interval '1 minute',
    (local::date + CASE WHEN local::time < until THEN 0 ELSE 1 END + until) AT TIME ZONE zone) END
  FROM (SELECT at AT TIME ZONE zone AS local) l
$$;

-- When a line is to be told by e-mail unless it was read by then; null: not at all, or it has been. A nullable column:
-- the table is not rewritten, and the index holds only lines of people with an address.
ALTER TABLE notifications ADD COLUMN mail_due_at timestamptz(3);
CREATE INDEX notifications_mail_due ON notifications (mail_due_at) WHERE mail_due_at IS NOT NULL AND read_at IS NULL;

-- Made by whichever process needs it first, and never again: a subscription counts for one key only.
CREATE TABLE vapid_keys (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  public_key text NOT NULL,
  private_key text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);

-- A browser in which somebody is told. The endpoint is a secret of the browser's; whoever shows it has that browser.
CREATE TABLE push_subscriptions (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  user_id text NOT NULL REFERENCES users (id),
  endpoint text NOT NULL UNIQUE,
  p256dh text NOT NULL,
  auth text NOT NULL,
  expires_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX push_subscriptions_of_user ON push_subscriptions (user_id, id);

-- In development, what would have been sent by e-mail.
CREATE TABLE mailbox (
  id uuid PRIMARY KEY,
  user_id text NOT NULL,
  address text NOT NULL,
  subject text NOT NULL,
  content text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
