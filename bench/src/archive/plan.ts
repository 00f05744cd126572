import { randomFrom } from "../load/schedule.ts";
import { type Language, sentence } from "./vocabulary.ts";

/**
 * An archive as a seed decides it: the same people, conversations, texts, times and ids every time. It ends at a fixed
 * day, not now.
 */
export interface ArchiveSize {
  messages: number;
  conversations: number;
  seed: number;
}

export interface PlannedConversation {
  id: string;
  kind: "support" | "direct";
  /** support: the customer. */
  low: string;
  high: string | null;
  title: string;
  status: "open" | "pending" | "closed";
  assignee: string | null;
  language: Language;
  lastSeq: number;
  createdAt: number;
  updatedAt: number;
}

export interface PlannedMessage {
  conversation: PlannedConversation;
  seq: number;
  id: string;
  sender: string;
  content: string;
  at: number;
}

const end = Date.UTC(2026, 9, 31);
const year = 365 * 86_400_000;
/** Nine in ten are the first agent's: who has 100,000 conversations is who the lists are measured with. */
export const busyAgent = "archive-agent-0";
export const agents = Array.from({ length: 20 }, (_, index) => `archive-agent-${index}`);
const firstNames =
  "Élodie Ana Noé Zoë Marc Björn Chloé Ivan Lucía Omar Sofia Théo Amélie Kim Jürgen Léa".split(" ");
const lastNames =
  "Martin Lopez Dubois Çelik Novák Smith Müller Garcia Petit Moreau Jones Ødegård Roux Costa".split(" ");

/** Customers: each has a few conversations. */
export function customerCount({ conversations }: ArchiveSize): number {
  return Math.max(2, Math.ceil(conversations / 3));
}

export const customerId = (index: number) => `archive-customer-${index}`;

export function nameOf(index: number): string {
  const first = firstNames[index % firstNames.length]!;
  return `${first} ${lastNames[Math.floor(index / firstNames.length) % lastNames.length]!} ${index}`;
}

export function planConversations(size: ArchiveSize): PlannedConversation[] {
  const random = randomFrom(size.seed);
  const customers = customerCount(size);
  return Array.from({ length: size.conversations }, (_, index) => {
    const createdAt = Math.floor(end - year + random() * year * 0.95);
    const customer = Math.floor(random() * customers);
    const isSupport = random() < 0.8;
    const other = (customer + 1 + Math.floor(random() * (customers - 1))) % customers;
    const [low, high] = [customerId(customer), customerId(other)].sort() as [string, string];
    const share = random();
    const agent = share < 0.9 ? busyAgent : agents[1 + Math.floor(random() * (agents.length - 1))]!;
    const age = random();
    return {
      id: uuid(createdAt, random),
      kind: isSupport ? "support" : "direct",
      low: isSupport ? customerId(customer) : low,
      high: isSupport ? null : high,
      title: `${random() < 0.5 ? "Commande" : "Order"} ${index}`,
      status: !isSupport || age < 0.2 ? "open" : age < 0.3 ? "pending" : "closed",
      assignee: isSupport && share < 0.95 ? agent : null,
      language: random() < 0.5 ? "french" : "english",
      lastSeq: 0,
      createdAt,
      updatedAt: createdAt,
    };
  });
}

/**
 * Messages in the order of their times, as a running cluster would have written them. Counts each into its conversation,
 * whose `lastSeq` and `updatedAt` are final when the last one has come.
 */
export function* planMessages(
  size: ArchiveSize,
  conversations: PlannedConversation[],
): Generator<PlannedMessage> {
  const random = randomFrom(size.seed + 1);
  const { messages } = size;
  const owner = new Uint32Array(messages);
  const time = new Float64Array(messages);
  for (let index = 0; index < messages; index += 1) {
    // Every conversation has one; some have many more than others.
    const place = index < conversations.length ? index : Math.floor(conversations.length * random() ** 1.5);
    owner[index] = place;
    const { createdAt } = conversations[place]!;
    time[index] = Math.floor(createdAt + (end - createdAt) * random() ** 4);
  }
  const order = new Uint32Array(messages).map((_, index) => index).sort((a, b) => time[a]! - time[b]!);
  for (const index of order) {
    const conversation = conversations[owner[index]!]!;
    const at = Math.max(time[index]!, conversation.updatedAt);
    conversation.lastSeq += 1;
    conversation.updatedAt = at;
    const answer = conversation.high ?? conversation.assignee;
    const sender = answer !== null && conversation.lastSeq > 1 && random() < 0.5 ? answer : conversation.low;
    const content = sentence(conversation.language, random);
    yield { conversation, seq: conversation.lastSeq, id: uuid(at, random), sender, content, at };
  }
}

/** Version 7, with the seed's chance instead of the machine's. */
function uuid(at: number, random: () => number): string {
  const hex = (digits: number) =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, "0");
  const stamp = Math.floor(at).toString(16).padStart(12, "0");
  return `${stamp.slice(0, 8)}-${stamp.slice(8)}-7${hex(3)}-8${hex(3)}-${hex(6)}${hex(6)}`;
}
