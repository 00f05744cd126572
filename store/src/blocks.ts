import type { Block } from "@parloir/contracts/shapes.ts";
import type { Database } from "./database.ts";

const columns = `b.blocked_id AS "userId", u.name, u.avatar_url AS "avatarUrl", b.created_at AS "createdAt"`;

interface BlockRow extends Omit<Block, "avatarUrl"> {
  avatarUrl: string | null;
}

/** @throws a foreign key violation when there is no such person */
export async function putBlock(
  database: Database,
  blockerId: string,
  blockedId: string,
): Promise<{ block: Block; created: boolean }> {
  const inserted = await database.query({
    name: "put-block",
    text: "INSERT INTO blocks (blocker_id, blocked_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1",
    values: [blockerId, blockedId],
  });
  const [block] = await listBlocks(database, { blockerId, from: blockedId, limit: 1 });
  return { block: block!, created: inserted.length > 0 };
}

export async function deleteBlock(database: Database, blockerId: string, blockedId: string): Promise<void> {
  await database.query({
    name: "delete-block",
    text: "DELETE FROM blocks WHERE blocker_id = $1 AND blocked_id = $2",
    values: [blockerId, blockedId],
  });
}

/** By id of the blocked person, the first one `from`. */
export async function listBlocks(
  database: Database,
  page: { blockerId: string; from: string; limit: number },
): Promise<Block[]> {
  const rows = await database.query<BlockRow>({
    name: "list-blocks",
    text: `SELECT ${columns} FROM blocks b JOIN users u ON u.id = b.blocked_id
      WHERE b.blocker_id = $1 AND b.blocked_id >= $2 ORDER BY b.blocked_id LIMIT $3`,
    values: [page.blockerId, page.from, page.limit],
  });
  return rows.map(({ avatarUrl, ...block }) => (avatarUrl === null ? block : { ...block, avatarUrl }));
}
