import type { Notes } from "@parloir/client/core/support/notes.ts";
import { Text } from "@parloir/client/react/thread/text.tsx";
import { useSnapshot } from "@parloir/client/react/use-snapshot.ts";
import type { Note } from "@parloir/contracts/shapes.ts";
import { type ReactNode, useMemo } from "react";
import { useLanguage } from "../languages/language.tsx";
import { useAgentName, useConsoleTexts } from "./desk-context.tsx";

/** The notes as they stand between the messages: by the seq behind which each was written. */
export function useNotesBySeq(notes: Notes): ReadonlyMap<number, ReactNode> {
  const all = useSnapshot(notes.state);
  return useMemo(() => {
    const bySeq = Map.groupBy(all, (note) => note.afterSeq);
    return new Map([...bySeq].map(([seq, group]) => [seq, <NoteGroup key={seq} notes={group} />]));
  }, [all]);
}

function NoteGroup({ notes }: { notes: readonly Note[] }) {
  return notes.map((note) => <OneNote key={note.id} note={note} />);
}

function OneNote({ note: { authorId, content, createdAt } }: { note: Note }) {
  const t = useConsoleTexts();
  const { formats } = useLanguage();
  const agentName = useAgentName();
  const date = new Date(createdAt);
  return (
    <div className="note-line" data-testid="note">
      <p className="note-head">
        <span>{t.noteBy(agentName(authorId))}</span>
        <time dateTime={createdAt} title={formats.full(date)}>
          {formats.time(date)}
        </time>
      </p>
      <p dir="auto">
        <Text content={content} />
      </p>
    </div>
  );
}
