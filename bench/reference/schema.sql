-- The tables of the usual recipe. No foreign keys on messages: most guides have them, each costs a lookup per insert,
-- and the comparison should not win by them.
CREATE TABLE users (
  id text PRIMARY KEY,
  name text NOT NULL
);

CREATE TABLE conversations (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE conversation_members (
  conversation_id uuid NOT NULL REFERENCES conversations (id),
  user_id text NOT NULL REFERENCES users (id),
  PRIMARY KEY (conversation_id, user_id)
);

CREATE TABLE messages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  conversation_id uuid NOT NULL,
  sender_id text NOT NULL,
  content text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX messages_conversation_created ON messages (conversation_id, created_at);
