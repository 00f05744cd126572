-- Files that people uploaded. What is stored is named by `id`; `name` is only shown.
CREATE TABLE attachments (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  owner_id text NOT NULL REFERENCES users (id),
  -- The message that carries it; null until it is sent. Written by the commit statement.
  conversation_id uuid,
  seq bigint,
  name text NOT NULL,
  media_type text NOT NULL,
  size bigint NOT NULL,
  width integer,
  height integer,
  duration_ms integer,
  has_thumbnail boolean NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  -- Gone for everybody from then on. The row stays until its files are removed, so that no file is ever without one.
  removed_at timestamptz(3)
);
CREATE INDEX attachments_of_owner ON attachments (owner_id) INCLUDE (size);
CREATE INDEX attachments_of_message ON attachments (conversation_id, seq) WHERE conversation_id IS NOT NULL;
CREATE INDEX attachments_unsent ON attachments (created_at) WHERE conversation_id IS NULL;
CREATE INDEX attachments_removed ON attachments (removed_at) WHERE removed_at IS NOT NULL;

-- What a message shows of its attachments, written with it: reading a message joins nothing. Null for nearly all.
ALTER TABLE messages ADD COLUMN attachments json;
