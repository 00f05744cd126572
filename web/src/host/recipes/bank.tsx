import { AdminChat, ChatWidget, useUnread } from "@parloir/client/react/index.ts";
import { Accounts } from "../accounts.tsx";

const adviser = { id: "demo-sam", name: "Sam Okafor" };

/** A dashboard whose clients write to their adviser: he has all of them on one page, they have a button in the corner. */
export function Bank({ userId }: { userId: string }) {
  const unread = useUnread();
  if (userId === adviser.id) return <AdminChat height={640} />;
  return (
    <>
      <Accounts unread={unread} adviser={adviser.name} />
      <ChatWidget contact={{ recipientId: adviser.id }} position="right" />
    </>
  );
}
