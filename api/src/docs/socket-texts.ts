import type { Command } from "@parloir/contracts/commands.ts";
import type { ServerEvent } from "@parloir/contracts/events.ts";

/** One line for each command and event, for the documents. */

export const aboutCommands: Record<Command, string> = {
  join_conversation: "Has a conversation open: its events come, nobody is notified of what is seen.",
  leave_conversation: "No more events of the conversation on this socket.",
  send_message: "Sends a message; acked after its commit.",
  typing: "Tells the others that one types, or no longer.",
  mark_read: "Raises one's read mark; acked after its commit.",
  edit_message: "Edits a message; acked after its commit.",
  delete_message: "Deletes a message for everyone; its place stays.",
  react: "Reacts to a message, or takes a reaction back.",
  sync: "Asks for what was missed since the cursors.",
  subscribe: "Subscribes to a channel and asks for what was missed since a cursor.",
  unsubscribe: "No more events of the channel on this socket.",
  watch_presence: "Replaces the list of people whose presence one is told of.",
  watch_cluster: "Asks for the cluster's figures as they come, or no longer; admins only.",
  refresh_token: "Keeps the socket open beyond the old token's expiry.",
  heartbeat: "Asks for the heads of the joined conversations.",
};

export const aboutEvents: Record<ServerEvent, string> = {
  ready: "Who one is, and one's conversations with their heads; everything may be sent now.",
  new_message: "A message, in seq order and once.",
  message_updated: "A message was edited, deleted or reacted to.",
  user_typing: "Somebody types, or no longer.",
  messages_read: "Somebody has read up to a message.",
  presence: "A watched person came, went away or left.",
  conversation_updated: "A conversation changed.",
  note_added: "A private note; agents only.",
  conversation_viewers: "All agents who have a support conversation open; agents only.",
  note_typing: "An agent types a private note; agents only.",
  conversation_added: "The events of a conversation come from now on.",
  conversation_removed: "The events of a conversation come no more.",
  notification: "A line for the bell.",
  notifications_read: "Lines of the bell were read, on this or another page.",
  unread: "How much is unread now.",
  channel_event: "An event of a subscribed channel, in cursor order and once.",
  channel_removed: "One may no longer subscribe to the channel.",
  announcement: "A word to everyone, or to everyone of a role.",
  cluster: "Every process of the cluster, by its newest snapshot; for admins who watch.",
  resync: "Reload what is loaded, or what the channel tells about.",
  server_draining: "The gateway ends: connect again after that long.",
  error: "Why the connection is about to close.",
};
