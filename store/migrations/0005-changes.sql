-- Messages change after they were sent: edited, deleted, reacted to. Each change takes the conversation's next `change`.

-- Null: as it was inserted. No default and no rewrite: an insert writes what it wrote before.
ALTER TABLE messages ADD COLUMN altered boolean;
-- The newest requests that changed it: one that comes again, late, by way of an api that had stood still, must not undo
-- what was acked since.
ALTER TABLE messages ADD COLUMN requests uuid[];
-- Who deleted it: its sender, or an agent.
ALTER TABLE messages ADD COLUMN deleted_by text;

-- What a device missed that was away. Partial, so that a message which nobody ever changes has no entry in it.
CREATE INDEX messages_altered ON messages (conversation_id, change) WHERE altered;

-- What an edited message said before; `change` is that of the edit which ended it. Goes with the message's deletion.
CREATE TABLE message_edits (
  conversation_id uuid NOT NULL,
  seq bigint NOT NULL,
  change bigint NOT NULL,
  content text NOT NULL,
  -- Since when the message said so.
  written_at timestamptz(3) NOT NULL,
  PRIMARY KEY (conversation_id, seq, change)
);

-- One row per person and emoji; `change` gives their order.
CREATE TABLE reactions (
  conversation_id uuid NOT NULL,
  seq bigint NOT NULL,
  user_id text NOT NULL,
  emoji text NOT NULL,
  change bigint NOT NULL,
  PRIMARY KEY (conversation_id, seq, emoji, user_id)
);
