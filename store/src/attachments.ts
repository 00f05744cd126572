import { CodedError } from "@parloir/contracts/errors.ts";
import type { Attachment } from "@parloir/contracts/shapes.ts";
import { agentRoles, floorOf } from "./conversations.ts";
import type { Database } from "./database.ts";

/**
 * Uploaded files: whose, of which message, and what is known about them. The bytes are elsewhere, under the row's id.
 * A row exists before its file is stored and goes after its file is removed: no file is ever without a row.
 */

/**
 * A row of `attachments` (alias `a`) as the protocol shows it. The address is the same for everyone and says nothing:
 * who asks there is checked anew.
 */
export const attachmentJson = `json_strip_nulls(json_build_object(
  'id', a.id, 'name', a.name, 'mediaType', a.media_type, 'size', a.size, 'width', a.width, 'height', a.height,
  'durationMs', a.duration_ms, 'url', '/api/attachments/' || a.id,
  'thumbnailUrl', CASE WHEN a.has_thumbnail THEN '/api/attachments/' || a.id || '/thumbnail' END))`;

export interface NewAttachment {
  ownerId: string;
  name: string;
  mediaType: string;
  size: number;
  width: number | null;
  height: number | null;
  durationMs: number | null;
  hasThumbnail: boolean;
}

/**
 * @param quota bytes that all files of a person may have together; Infinity for no limit
 * @throws CodedError QUOTA_EXCEEDED
 */
export function addAttachment(database: Database, file: NewAttachment, quota: number): Promise<Attachment> {
  return database.transaction(async (query) => {
    // One upload of a person after the other: two at once would both find room for one.
    await query({
      name: "lock-person",
      text: "SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE",
      values: [file.ownerId],
    });
    await checkQuota(query, file.ownerId, file.size, quota);
    const [row] = await query<{ attachment: Attachment }>({
      name: "add-attachment",
      text: `INSERT INTO attachments AS a
          (owner_id, name, media_type, size, width, height, duration_ms, has_thumbnail)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${attachmentJson} AS attachment`,
      values: [
        file.ownerId,
        file.name,
        file.mediaType,
        file.size,
        file.width,
        file.height,
        file.durationMs,
        file.hasThumbnail,
      ],
    });
    return row!.attachment;
  });
}

/** @throws CodedError QUOTA_EXCEEDED when this person has no room for `more` bytes */
export async function checkQuota(
  query: Database["query"],
  ownerId: string,
  more: number,
  quota: number,
): Promise<void> {
  if (quota === Number.POSITIVE_INFINITY) return;
  const [row] = await query<{ used: number }>({
    name: "attachment-bytes",
    text: `SELECT COALESCE(sum(size), 0)::bigint AS used FROM attachments
      WHERE owner_id = $1 AND removed_at IS NULL`,
    values: [ownerId],
  });
  if (row!.used + more > quota)
    throw new CodedError("QUOTA_EXCEEDED", "your files take all the room you have");
}

/** What is needed to hand out a file. */
export interface StoredFile {
  id: string;
  name: string;
  mediaType: string;
  size: number;
  hasThumbnail: boolean;
}

const storedFile = `a.id, a.name, a.media_type AS "mediaType", a.size, a.has_thumbnail AS "hasThumbnail"`;

/**
 * A file as this person may have it: one's own until it is sent, then that of a message one may read (members after
 * their floor, agents in support conversations). Null for everything else.
 */
export async function findAttachment(
  database: Database,
  id: string,
  userId: string,
): Promise<StoredFile | null> {
  const [row] = await database.query<StoredFile>({
    name: "find-attachment",
    text: `SELECT ${storedFile} FROM attachments a
      LEFT JOIN conversations v ON v.id = a.conversation_id
      LEFT JOIN members p ON p.conversation_id = a.conversation_id AND p.user_id = $2 AND p.left_at IS NULL
      WHERE a.id = $1 AND a.removed_at IS NULL AND CASE
        WHEN a.conversation_id IS NULL THEN a.owner_id = $2
        WHEN p.user_id IS NOT NULL THEN a.seq > ${floorOf}
        ELSE v.kind = 'support' AND EXISTS (SELECT FROM users WHERE id = $2 AND role IN ${agentRoles}) END`,
    values: [id, userId],
  });
  return row ?? null;
}

/** Whoever asks: for links that were signed for somebody who may. */
export async function findStoredFile(database: Database, id: string): Promise<StoredFile | null> {
  const [row] = await database.query<StoredFile>({
    name: "find-stored-file",
    text: `SELECT ${storedFile} FROM attachments a WHERE a.id = $1 AND a.removed_at IS NULL`,
    values: [id],
  });
  return row ?? null;
}

/**
 * The attachments of a message that is being deleted are gone with this commit; their files follow. To be called
 * within the transaction that holds the conversation's row.
 */
export async function detachAttachments(
  query: Database["query"],
  conversationId: string,
  seq: number,
): Promise<void> {
  await query({
    name: "detach-message",
    text: `WITH gone AS (
        UPDATE attachments SET removed_at = now()
        WHERE conversation_id = $1 AND seq = $2 AND removed_at IS NULL)
      UPDATE messages SET attachments = NULL
      WHERE conversation_id = $1 AND seq = $2 AND attachments IS NOT NULL`,
    values: [conversationId, seq],
  });
}

/** One upload that came to nothing. */
export async function discardAttachment(database: Database, id: string): Promise<void> {
  await database.query({
    name: "discard-attachment",
    text: "UPDATE attachments SET removed_at = now() WHERE id = $1 AND conversation_id IS NULL",
    values: [id],
  });
}

/**
 * Gives up what was uploaded this long ago and never sent. Whichever comes first wins against a send: both take the
 * row and look at it as it is then. Rows that a commit holds are left for the next time, so neither waits for the other.
 */
export async function giveUpUnsent(database: Database, olderThanSeconds: number): Promise<void> {
  await database.query({
    name: "give-up-unsent",
    text: `UPDATE attachments SET removed_at = now() WHERE id IN (
        SELECT id FROM attachments
        WHERE conversation_id IS NULL AND removed_at IS NULL AND created_at < now() - make_interval(secs => $1)
        ORDER BY created_at LIMIT 1000 FOR UPDATE SKIP LOCKED)`,
    values: [olderThanSeconds],
  });
}

/** Removed ones whose files are still there, the longest removed first. */
export async function findRemoved(database: Database, limit: number): Promise<string[]> {
  const rows = await database.query<{ id: string }>({
    name: "find-removed",
    text: "SELECT id FROM attachments WHERE removed_at IS NOT NULL ORDER BY removed_at LIMIT $1",
    values: [limit],
  });
  return rows.map((row) => row.id);
}

/** Their files are removed: nothing is left of these. */
export async function forgetAttachments(database: Database, ids: string[]): Promise<void> {
  await database.query({
    name: "forget-attachments",
    text: "DELETE FROM attachments WHERE id = ANY ($1::uuid[]) AND removed_at IS NOT NULL",
    values: [ids],
  });
}
