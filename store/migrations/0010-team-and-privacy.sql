-- What a closing needs in order to be taken back: when it was, and what it was before. Nullable, without default: the
-- table is not rewritten. A customer's message that reopens leaves them; they count only while the status is closed.
ALTER TABLE conversations ADD COLUMN closed_at timestamptz(3), ADD COLUMN closed_from text;

-- Private lines between agents. Deliberately not messages: no seq (customers would see a gap), nobody's unread, and
-- nothing that reads messages can meet them.
CREATE TABLE notes (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  conversation_id uuid NOT NULL REFERENCES conversations (id),
  author_id text NOT NULL REFERENCES users (id),
  client_note_id text NOT NULL,
  content text NOT NULL,
  -- The head when it was written: where it stands between the messages.
  after_seq bigint NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  UNIQUE (conversation_id, author_id, client_note_id)
);
CREATE INDEX notes_of_conversation ON notes (conversation_id, id);
CREATE INDEX notes_of_author ON notes (author_id);

-- Whom a conversation can be given to.
CREATE INDEX users_agents ON users (id) WHERE role IN ('agent', 'admin');

-- Ready-made answers, the whole team's.
CREATE TABLE canned_replies (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  -- Lower case: what an agent types behind «/».
  shortcut text NOT NULL UNIQUE,
  title text NOT NULL,
  content text NOT NULL,
  locale text,
  updated_by text NOT NULL REFERENCES users (id),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);

-- Who was erased keeps an empty row under their own id: it cannot be used again, and reads nothing. What others keep
-- of them (the tombstones of their messages, their place in a conversation) carries the alias, a row of its own.
ALTER TABLE users ADD COLUMN erased_at timestamptz(3);

-- The job's progress. The alias goes when the job is done: nothing leads from it to the person then.
CREATE TABLE erasures (
  user_id text PRIMARY KEY REFERENCES users (id),
  alias text,
  keep_messages boolean NOT NULL,
  -- Conversations that the person was ever in; those that are left still hold a member row of theirs.
  conversations integer NOT NULL,
  requested_at timestamptz(3) NOT NULL DEFAULT now(),
  finished_at timestamptz(3)
);
CREATE INDEX erasures_open ON erasures (requested_at) WHERE finished_at IS NULL;

-- Up to where retention has emptied the messages of a conversation. A constant default: the table is not rewritten.
ALTER TABLE conversations ADD COLUMN emptied_seq bigint NOT NULL DEFAULT 0;
