-- Rises with everyone who becomes a member or stops being one. Gateways get it with every answer about a conversation
-- and so learn of a removal without pub/sub: whoever sees it rise asks which of its people are still members.
ALTER TABLE conversations ADD COLUMN roster bigint NOT NULL DEFAULT 0;
