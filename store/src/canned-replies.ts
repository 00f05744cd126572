import type { CannedReply, CannedReplyChange, NewCannedReply } from "@parloir/contracts/canned-replies.ts";
import { CodedError } from "@parloir/contracts/errors.ts";
import { type Database, isUniqueViolation } from "./database.ts";

const columns = `id, shortcut, title, content, locale, updated_by AS "updatedBy", created_at AS "createdAt",
  updated_at AS "updatedAt"`;

/** @throws CodedError CONFLICT when the shortcut is taken */
export async function addCannedReply(
  database: Database,
  reply: NewCannedReply,
  by: string,
): Promise<CannedReply> {
  const rows = await unlessTaken(() =>
    database.query<CannedReply>({
      name: "add-canned-reply",
      text: `INSERT INTO canned_replies (shortcut, title, content, locale, updated_by)
        VALUES ($1, $2, $3, $4, $5) RETURNING ${columns}`,
      values: [reply.shortcut, reply.title, reply.content, reply.locale ?? null, by],
    }),
  );
  return rows[0]!;
}

/** What is not given stays; a locale of null removes it. @throws CodedError NOT_FOUND, CONFLICT */
export async function changeCannedReply(
  database: Database,
  id: string,
  change: CannedReplyChange,
  by: string,
): Promise<CannedReply> {
  const rows = await unlessTaken(() =>
    database.query<CannedReply>({
      name: "change-canned-reply",
      text: `UPDATE canned_replies SET shortcut = COALESCE($2, shortcut), title = COALESCE($3, title),
          content = COALESCE($4, content), locale = CASE WHEN $5::boolean THEN $6 ELSE locale END,
          updated_by = $7, updated_at = now()
        WHERE id = $1 RETURNING ${columns}`,
      values: [
        id,
        change.shortcut ?? null,
        change.title ?? null,
        change.content ?? null,
        change.locale !== undefined,
        change.locale ?? null,
        by,
      ],
    }),
  );
  if (!rows[0]) throw new CodedError("NOT_FOUND", "no such canned reply");
  return rows[0];
}

export async function deleteCannedReply(database: Database, id: string): Promise<void> {
  await database.query({
    name: "delete-canned-reply",
    text: "DELETE FROM canned_replies WHERE id = $1",
    values: [id],
  });
}

/** By shortcut, the first one `from`. */
export async function listCannedReplies(
  database: Database,
  page: { text: string | null; locale: string | null; from: string; limit: number },
): Promise<CannedReply[]> {
  return database.query<CannedReply>({
    name: "list-canned-replies",
    text: `SELECT ${columns} FROM canned_replies
      WHERE shortcut >= $1 AND ($2::text IS NULL OR locale IS NULL OR locale = $2)
        AND ($3::text IS NULL OR strpos(shortcut, lower($3)) > 0 OR strpos(lower(title), lower($3)) > 0
          OR strpos(lower(content), lower($3)) > 0)
      ORDER BY shortcut LIMIT $4`,
    values: [page.from, page.locale, page.text, page.limit],
  });
}

async function unlessTaken<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isUniqueViolation(error)) throw new CodedError("CONFLICT", "the shortcut is taken");
    throw error;
  }
}
