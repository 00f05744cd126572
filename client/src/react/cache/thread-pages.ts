import { CodedError } from "@parloir/contracts/errors.ts";
import type { Thread, ThreadState } from "../../core/thread.ts";
import type { MessagePage } from "./pages.ts";

const far = 100;
const most = 200;

/**
 * Pages out of the thread that the connection keeps complete: what is in memory is not asked for again, and what is
 * asked for is kept up to date there.
 * @param before null: what is loaded, at least the newest page
 * @throws CodedError
 */
export async function readPage(
  thread: Thread,
  before: number | null,
  signal?: AbortSignal,
): Promise<MessagePage> {
  thread.load();
  const ready = await until(thread, ({ status }) => status !== "loading", signal);
  if (ready.status === "failed") throw ready.error ?? new CodedError("INTERNAL", "the thread failed");
  if (before === null) return { messages: ready.messages, hasOlder: ready.hasOlder };
  const reaches = ({ messages, hasOlder }: ThreadState) => !hasOlder || (messages[0]?.seq ?? 0) < before;
  let state = thread.state.getSnapshot();
  while (!reaches(state)) {
    const former = state.messages[0]?.seq;
    // Where a search or a quote leads far up, as much at once as the server gives.
    await thread.loadOlder(former !== undefined && former - before > far ? most : undefined);
    // Somebody else may be loading at this moment.
    state = await until(thread, ({ loadingOlder }) => !loadingOlder, signal);
    if (!reaches(state) && state.messages[0]?.seq === former)
      throw new CodedError("UNAVAILABLE", "older messages could not be loaded");
  }
  const messages = state.messages.filter(({ seq }) => seq < before);
  return { messages, hasOlder: state.hasOlder };
}

function until(
  thread: Thread,
  holds: (state: ThreadState) => boolean,
  signal?: AbortSignal,
): Promise<ThreadState> {
  return new Promise((resolve, reject) => {
    const present = thread.state.getSnapshot();
    if (holds(present)) return resolve(present);
    const stop = thread.state.subscribe(() => {
      const state = thread.state.getSnapshot();
      if (!holds(state)) return;
      stop();
      resolve(state);
    });
    signal?.addEventListener("abort", () => {
      stop();
      reject(signal.reason);
    });
  });
}
