import { addNoteBody, conversationParams, defaultPageSize, listNotesQuery } from "@parloir/contracts/http.ts";
import { rooms } from "@parloir/contracts/ids.ts";
import { checkContent } from "@parloir/contracts/parse.ts";
import { note, pageOf } from "@parloir/contracts/shape-schemas.ts";
import type { RoomPublisher } from "@parloir/platform/publisher.ts";
import type { Database } from "@parloir/store/database.ts";
import { addNote, listNotes } from "@parloir/store/notes.ts";
import type { Cursors } from "../cursor.ts";
import { type Route, route } from "../route.ts";

const path = "/api/messages/conversations/:id/notes";

/** Private notes of a support conversation: agents only, whatever else they are in it. */
export function noteRoutes(options: {
  database: Database;
  publisher: RoomPublisher;
  cursors: Cursors;
}): Route[] {
  const { database, publisher, cursors } = options;
  return [
    route({
      method: "get",
      path,
      about: "The private notes of a support conversation.",
      answer: pageOf(note),
      who: "person",
      params: conversationParams,
      query: listNotesQuery,
      async handle({ params, query, person }) {
        const scope = `notes ${params.id}`;
        const [after = null] = query.cursor === undefined ? [] : cursors.open(scope, query.cursor);
        const limit = query.limit ?? defaultPageSize;
        const found = await listNotes(database, {
          conversationId: params.id,
          readerId: person.id,
          after,
          limit: limit + 1,
        });
        const items = found.slice(0, limit);
        const last = items.at(-1);
        return {
          data: { items, nextCursor: found.length > limit && last ? cursors.seal(scope, [last.id]) : null },
        };
      },
    }),
    route({
      method: "post",
      path,
      about: "Adds a private note, which only agents see.",
      answer: note,
      who: "person",
      params: conversationParams,
      body: addNoteBody,
      async handle({ params, body, person }) {
        checkContent(body.content);
        const { note, created } = await addNote(database, {
          conversationId: params.id,
          authorId: person.id,
          ...body,
        });
        if (created) publisher.emit(rooms.agents, "note_added", note);
        return { status: created ? 201 : 200, data: note };
      },
    }),
  ];
}
