import type { Database } from "./database.ts";

/** What would have been sent by e-mail, in development. */
export interface Letter {
  id: string;
  userId: string;
  address: string;
  subject: string;
  content: string;
}

export interface KeptLetter extends Letter {
  createdAt: string;
}

const kept = 200;

/** The same id again is the same letter. */
export async function putLetter(database: Database, letter: Letter): Promise<void> {
  await database.query({
    name: "put-letter",
    text: `INSERT INTO mailbox (id, user_id, address, subject, content) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (id) DO NOTHING`,
    values: [letter.id, letter.userId, letter.address, letter.subject, letter.content],
  });
  await database.query({
    name: "trim-mailbox",
    text: `DELETE FROM mailbox WHERE id IN (SELECT id FROM mailbox ORDER BY created_at DESC OFFSET ${kept})`,
    values: [],
  });
}

/** Newest first. */
export function listLetters(database: Database): Promise<KeptLetter[]> {
  return database.query<KeptLetter>({
    name: "list-letters",
    text: `SELECT id, user_id AS "userId", address, subject, content, created_at AS "createdAt"
      FROM mailbox ORDER BY created_at DESC`,
    values: [],
  });
}
