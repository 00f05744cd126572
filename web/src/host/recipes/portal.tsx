import { ChatTicket, useChannel } from "@parloir/client/react/index.ts";
import { demoIds } from "@parloir/contracts/demo-story.ts";
import { hostChannels } from "@parloir/contracts/host-events.ts";
import { useReducer } from "react";
import { beginning, PortalPanels, withNews } from "../portal-panels.tsx";

/** A client portal: each part follows its channel, from the first event that is kept, and the ticket has its chat. */
export function Portal() {
  const [state, hear] = useReducer(withNews, beginning);
  const fromTheStart = { after: 0 };
  useChannel(hostChannels.project(demoIds.project), hear, fromTheStart);
  useChannel(hostChannels.ticket(demoIds.ticket), hear, fromTheStart);
  useChannel(hostChannels.intervention(demoIds.intervention), hear, fromTheStart);
  useChannel(hostChannels.quote(demoIds.quote), hear, fromTheStart);
  return (
    <div className="portal">
      <PortalPanels state={state} />
      <ChatTicket ticket={{ id: demoIds.ticket, title: state.ticket.title }} height={560} />
    </div>
  );
}
