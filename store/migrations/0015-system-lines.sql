-- Who came, went, took over, closed and reopened, as messages of kind system: docs/decisions/0014.

-- What a line says. Beside the messages, not in them: texts are stored and read as before.
CREATE TABLE system_lines (
  conversation_id uuid NOT NULL,
  seq bigint NOT NULL,
  -- 1, 2, 3 … within the conversation: how many lines there are up to a seq is one look at this index, not a count.
  number bigint NOT NULL,
  event text NOT NULL,
  -- Names as they were: who left is no participant any more. Null: a server key did it, or it happened to nobody.
  actor_id text,
  actor_name text,
  person_id text,
  person_name text,
  PRIMARY KEY (conversation_id, seq)
);
-- Whoever is erased may have closed what they were no member of.
CREATE INDEX system_lines_of_actor ON system_lines (actor_id) WHERE actor_id IS NOT NULL;

-- Lines take a seq and are nobody's unread message. Where the last one stands, how many there are, and the last message
-- before it that is none: unread stays arithmetic while nothing but texts is unread, and a commit of texts writes none
-- of these. Constant defaults: the table is not rewritten.
ALTER TABLE conversations ADD COLUMN line_seq bigint NOT NULL DEFAULT 0, ADD COLUMN line_count bigint NOT NULL DEFAULT 0,
  ADD COLUMN said_seq bigint NOT NULL DEFAULT 0;

-- The line of a reopening by a customer's message, for the commit statement, which took its seq: batches that reopen
-- nothing, nearly all, do not call it and pay nothing.
CREATE FUNCTION tell_reopening(conversation uuid, at_seq bigint, at_change bigint, line_number bigint, customer text,
  told_at timestamptz, sender text, sentence text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE line uuid := uuidv7();
BEGIN
  INSERT INTO system_lines (conversation_id, seq, number, event, actor_id, actor_name)
  VALUES (conversation, at_seq, line_number, 'reopened', customer, (SELECT name FROM users WHERE id = customer));
  INSERT INTO messages (conversation_id, seq, id, sender_id, client_message_id, fingerprint, kind, content, change, created_at)
  VALUES (conversation, at_seq, line, sender, line::text, 0, 'system', sentence, at_change, told_at);
  RETURN true;
END $$;

-- Who was taken out of what of late: gateways ask every second. Read marks do not touch it, so they stay HOT.
CREATE INDEX members_left ON members (left_at) WHERE left_at IS NOT NULL;

-- What a host tells one person beside chat, as lines of their bell. A table of its own: `notifications` are keyed by
-- what they follow from. The cursor is that of the event in the person's channel: a retry finds its line.
CREATE TABLE notices (
  user_id text NOT NULL REFERENCES users (id),
  cursor bigint NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7() UNIQUE,
  title text NOT NULL,
  message text NOT NULL,
  level text NOT NULL CHECK (level IN ('info', 'success', 'warning', 'error')),
  href text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  read_at timestamptz(3),
  PRIMARY KEY (user_id, cursor)
);
CREATE INDEX notices_newest ON notices (user_id, created_at DESC, id DESC);
CREATE INDEX notices_unread ON notices (user_id) WHERE read_at IS NULL;
