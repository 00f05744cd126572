-- Full-text search. Messages are found in a table of its own, which the worker fills a moment after the commit, so that
-- the commit stays as it is: docs/decisions/0017 has the figures.

CREATE EXTENSION IF NOT EXISTS unaccent;

-- A message's language is not known. Each text is indexed in three ways at once: its words as they are (what somebody
-- types is the beginning of one), and stemmed as French and as English. Accents are folded first, in text and query.
CREATE TEXT SEARCH CONFIGURATION search_words (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION search_words
  ALTER MAPPING FOR word, numword, hword, numhword, hword_part, hword_numpart WITH unaccent, simple;
CREATE TEXT SEARCH CONFIGURATION search_french (COPY = french);
ALTER TEXT SEARCH CONFIGURATION search_french
  ALTER MAPPING FOR word, hword, hword_part WITH unaccent, french_stem;
ALTER TEXT SEARCH CONFIGURATION search_french
  ALTER MAPPING FOR numword, numhword, hword_numpart WITH unaccent, simple;
CREATE TEXT SEARCH CONFIGURATION search_english (COPY = english);
ALTER TEXT SEARCH CONFIGURATION search_english
  ALTER MAPPING FOR word, hword, hword_part WITH unaccent, english_stem;
ALTER TEXT SEARCH CONFIGURATION search_english
  ALTER MAPPING FOR numword, numhword, hword_numpart WITH unaccent, simple;

-- Postgres' parser sees addresses, file names, signed numbers and tags as one word or none: «A-1234» would hold the
-- word «-1234». A blank for each of these characters makes plain words of them. It keeps every length, so positions in
-- the result are positions in the text. The two control characters are what highlighting delimits with. Measured on
-- 130 characters: 4 µs, with translate() 26.
CREATE FUNCTION search_plain(content text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT regexp_replace(content, '[-./:@_+~&?=%#<>\u2019\u0001\u0002]', ' ', 'g') $$;

-- NFKC makes one spelling of the composed and the decomposed, the wide and the narrow. Nearly every text has it already.
CREATE FUNCTION search_normal(content text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
  SELECT CASE WHEN octet_length(content) = length(content) OR content IS NFKC NORMALIZED THEN content
    ELSE normalize(content, NFKC) END
$$;

-- Without positions: half the size, and nothing here asks for them. Not STRICT, and one expression: so it is inlined
-- where it is called. Measured on 120 characters: 32 µs, as a function that is called 68.
CREATE FUNCTION search_document(content text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
  SELECT strip(to_tsvector('search_words', search_plain(search_normal(content)))
    || to_tsvector('search_french', search_plain(search_normal(content)))
    || to_tsvector('search_english', search_plain(search_normal(content))))
$$;

-- Who wrote it and in which month, as two words that no text holds: the inverted index then finds a common word of one
-- person, or of the newest months, without fetching all its other hits. The month counts from year 0.
CREATE FUNCTION search_facets(sender_id text, created_at timestamptz) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
  SELECT array_to_tsvector(ARRAY['@' || sender_id, '#' || (extract(year FROM created_at AT TIME ZONE 'UTC') * 12
    + extract(month FROM created_at AT TIME ZONE 'UTC'))::integer])
$$;

-- All words must be there; the last one may be only a beginning. Both are plain words without any punctuation. A word
-- that the parser takes for several is all of them: documents hold no positions, so «follows» becomes «and».
CREATE FUNCTION search_query(first_words text, last_word text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$
  SELECT (plainto_tsquery('search_french', first_words) || plainto_tsquery('search_english', first_words)) && (
    replace(to_tsquery('search_words', last_word || ':*')::text, '<->', '&')::tsquery
    || plainto_tsquery('search_french', last_word) || plainto_tsquery('search_english', last_word))
$$;

-- Written once per message and never with it. An empty document is a deleted message's.
CREATE TABLE message_search (
  conversation_id uuid NOT NULL,
  seq bigint NOT NULL,
  sender_id text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  document tsvector NOT NULL,
  PRIMARY KEY (conversation_id, seq)
);
-- The order of results, newest first, and the keyset of their pages.
CREATE INDEX message_search_newest ON message_search (created_at, conversation_id, seq);

INSERT INTO message_search (conversation_id, seq, sender_id, created_at, document)
SELECT conversation_id, seq, sender_id, created_at, search_document(content) || search_facets(sender_id, created_at)
FROM messages WHERE kind = 'text' AND deleted_at IS NULL ORDER BY created_at;
CREATE INDEX message_search_document ON message_search USING gin (document);

-- Search by subject. Subjects never change: the updates of conversations stay HOT.
CREATE INDEX conversations_subject ON conversations (subject_type, subject_id) WHERE subject_type IS NOT NULL;

-- Lists of conversations: store/src/conversation-lists.ts. The five minutes of the last activity change seldom, so an
-- index on them leaves nearly all updates of a conversation HOT. Writes the table anew, about two seconds a million.
ALTER TABLE conversations ADD COLUMN active_in timestamptz(3) NOT NULL
  GENERATED ALWAYS AS (date_bin('5 minutes', updated_at, '2000-01-01 00:00:00+00')) STORED;
CREATE INDEX conversations_active ON conversations (active_in);
CREATE INDEX conversations_of_team ON conversations (status, active_in) WHERE kind = 'support';
CREATE INDEX conversations_of_assignee ON conversations (assignee_id, status, active_in) WHERE kind = 'support';

-- Lists by text: part of a title or a person's name, in any spelling.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE FUNCTION search_fold(content text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT lower(public.unaccent('public.unaccent', content)) $$;
CREATE FUNCTION search_pattern(part text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT '%' || regexp_replace(search_fold(part), '([\\%_])', '\\\1', 'g') || '%' $$;
CREATE INDEX users_name ON users USING gin (search_fold(name) gin_trgm_ops);
CREATE INDEX conversations_title ON conversations USING gin (search_fold(subject_title) gin_trgm_ops)
  WHERE subject_title IS NOT NULL;

-- What happens to a message later is followed in its own transaction, whoever does it. Always an upsert: the worker
-- may be about to index the text as it was, and then finds this row and leaves it (ON CONFLICT DO NOTHING).
CREATE FUNCTION message_search_follow() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM message_search WHERE conversation_id = OLD.conversation_id AND seq = OLD.seq;
  ELSIF NEW.kind = 'text' THEN
    INSERT INTO message_search AS s (conversation_id, seq, sender_id, created_at, document)
    VALUES (NEW.conversation_id, NEW.seq, NEW.sender_id, NEW.created_at,
      CASE WHEN NEW.deleted_at IS NULL
        THEN search_document(NEW.content) || search_facets(NEW.sender_id, NEW.created_at) ELSE '' END)
    ON CONFLICT (conversation_id, seq)
    DO UPDATE SET sender_id = EXCLUDED.sender_id, document = EXCLUDED.document;
  END IF;
  RETURN NULL;
END
$$;
-- Last, because it locks out writers of messages until this transaction ends. Inserts do not fire it.
CREATE TRIGGER message_search_follow AFTER UPDATE OF content, sender_id, deleted_at OR DELETE ON messages
FOR EACH ROW EXECUTE FUNCTION message_search_follow();
