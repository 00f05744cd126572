-- What became of a call, as a line of its conversation: docs/decisions/0014 and 0037. Of lines of other events all are
-- null, as seconds are of a call that nobody answered. No defaults: the table is not rewritten.
ALTER TABLE system_lines ADD COLUMN call_ending text, ADD COLUMN call_seconds integer;
