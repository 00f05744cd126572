-- People, conversations, members, messages, the outbox and notifications.
-- Times are kept to the millisecond, which is what the protocol carries: a cursor or an ack compares equal to the row.

CREATE TABLE cluster_state (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  -- Names this history. Changed only when the database went back to an older state; clients then reload.
  epoch text NOT NULL
);
INSERT INTO cluster_state (epoch) VALUES (replace(gen_random_uuid()::text, '-', ''));

CREATE TABLE users (
  id text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9._:@-]{1,128}$'),
  name text NOT NULL,
  email text,
  avatar_url text,
  role text NOT NULL DEFAULT 'client' CHECK (role IN ('client', 'technician', 'agent', 'admin')),
  locale text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);

-- fillfactor 50: every message updates its conversation and a member; with room on the page these stay HOT.
CREATE TABLE conversations (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  kind text NOT NULL CHECK (kind IN ('direct', 'support', 'group')),
  -- direct: the two people in order; support: the customer. Null for groups, which are never the same twice.
  pair_low text,
  pair_high text,
  subject_type text,
  subject_id text,
  subject_title text,
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'pending', 'closed')),
  assignee_id text REFERENCES users (id),
  created_by text REFERENCES users (id),
  cycle integer NOT NULL DEFAULT 1,
  last_seq bigint NOT NULL DEFAULT 0,
  last_change bigint NOT NULL DEFAULT 0,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  -- The last activity. Never falls: a message's created_at is this column's new value.
  updated_at timestamptz(3) NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- Create-or-get cannot race: the second insert meets this index. NULLS NOT DISTINCT makes «no subject» one subject.
CREATE UNIQUE INDEX conversations_same ON conversations (kind, pair_low, pair_high, subject_type, subject_id)
  NULLS NOT DISTINCT WHERE kind IN ('direct', 'support');

CREATE TABLE members (
  conversation_id uuid NOT NULL REFERENCES conversations (id),
  user_id text NOT NULL REFERENCES users (id),
  -- Unread is last_seq - last_read_seq, never a count. The mark only rises and is capped at the head.
  last_read_seq bigint NOT NULL DEFAULT 0,
  -- History begins after these: what came before joining, and what was deleted «for me».
  joined_seq bigint NOT NULL DEFAULT 0,
  cleared_seq bigint NOT NULL DEFAULT 0,
  -- Set when deleted «for me»: out of the lists until a message after cleared_seq brings it back.
  cleared_at timestamptz(3),
  archived_at timestamptz(3),
  muted_until timestamptz(3),
  left_at timestamptz(3),
  PRIMARY KEY (conversation_id, user_id)
) WITH (fillfactor = 50);
CREATE INDEX members_of_user ON members (user_id, conversation_id);

-- Every hot query carries conversation_id: the table can be distributed by it unchanged. Not partitioned here: see
-- docs/decisions/0008. Foreign keys are left out on purpose: the commit statement checks membership under a lock, and
-- two more look-ups per row are what a foreign key would cost.
CREATE TABLE messages (
  conversation_id uuid NOT NULL,
  seq bigint NOT NULL,
  id uuid NOT NULL,
  sender_id text NOT NULL,
  client_message_id text NOT NULL,
  -- Of the request as it was first sent, so that a repeat is told from a conflict even after an edit.
  fingerprint bigint NOT NULL,
  -- text, system or call. No CHECK: it is prepared anew by every batch, and one statement writes this table.
  kind text NOT NULL DEFAULT 'text',
  content text NOT NULL,
  reply_to_seq bigint,
  mentions text[],
  change bigint NOT NULL,
  created_at timestamptz(3) NOT NULL,
  edited_at timestamptz(3),
  deleted_at timestamptz(3),
  PRIMARY KEY (conversation_id, seq),
  UNIQUE (conversation_id, sender_id, client_message_id)
);

-- One row per committed batch; the relay takes rows oldest first and turns them into jobs. A row stays until its job
-- is done: a queue that loses its jobs (flushed, restored) loses no work.
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  messages jsonb NOT NULL,
  taken_at timestamptz(3),
  tries integer NOT NULL DEFAULT 0,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE TABLE notifications (
  id uuid NOT NULL DEFAULT uuidv7(),
  user_id text NOT NULL REFERENCES users (id),
  conversation_id uuid NOT NULL REFERENCES conversations (id),
  seq bigint NOT NULL,
  type text NOT NULL CHECK (type IN ('message')),
  -- Unread messages of the conversation when this was written.
  count integer NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  read_at timestamptz(3),
  PRIMARY KEY (user_id, conversation_id, seq, type)
);
CREATE INDEX notifications_of_user ON notifications (user_id, id DESC);
-- Unread lines are coalesced: one per person, conversation and type.
CREATE UNIQUE INDEX notifications_unread ON notifications (user_id, conversation_id, type) WHERE read_at IS NULL;
