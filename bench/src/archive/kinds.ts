import { type ArchiveSize, agents, busyAgent, customerCount, customerId, nameOf } from "./plan.ts";
import { orderNumber, vocabularies } from "./vocabulary.ts";

/** One kind of request, drawn anew each time. */
export interface Kind {
  name: string;
  next: () => { userId: string; path: string; pages?: number };
}

export function kindsOf(size: ArchiveSize, random: () => number): Kind[] {
  const below = (count: number) => Math.floor(random() * count);
  const word = (from: number, to: number) => {
    const words = random() < 0.5 ? vocabularies.french : vocabularies.english;
    return words[from + below(to - from)]!;
  };
  // After the articles and pronouns, which are stop words.
  const common = () => word(20, 60);
  const rare = () => word(5_000, 20_000);
  const customer = () => customerId(below(customerCount(size)));
  const agent = () => agents[below(agents.length)]!;

  const search = (
    name: string,
    who: () => string,
    q: () => string,
    filters: () => object = () => ({}),
  ): Kind => ({
    name: `search, ${name}`,
    next: () => ({
      userId: who(),
      path: `/api/messages/search?${new URLSearchParams({ q: q(), limit: "20", ...filters() })}`,
    }),
  });
  const list = (
    name: string,
    filters: () => Record<string, string>,
    who: () => string = () => busyAgent,
  ): Kind => ({
    name: `list, ${name}`,
    next: () => ({
      userId: who(),
      path: `/api/messages/conversations?${new URLSearchParams({ limit: "50", ...filters() })}`,
      pages: 3,
    }),
  });
  const view = (of: string, status?: string) => () => ({ view: of, ...(status ? { status } : {}) });

  return [
    search("agent: common word", agent, common),
    search("agent: rare word", agent, rare),
    search("agent: two common words", agent, () => `${common()} ${common()}`),
    search("agent: common and rare word", agent, () => `${common()} ${rare()}`),
    search("agent: beginning, 1 to 5 letters", agent, () => common().slice(0, 1 + below(5))),
    search("agent: beginning of a rare word", agent, () => rare().slice(0, 5)),
    search("agent: accents", agent, () => ["réparation", "Élodie", "délai été", "prélèvement"][below(4)]!),
    search("agent: an order's number", agent, () => orderNumber(below(1_000_000))),
    search("agent: word that is nowhere", agent, () => `xq${below(1_000_000)}`),
    search("agent: common word by a customer", agent, common, () => ({ senderId: customer() })),
    search("agent: common word by the busy agent", agent, common, () => ({ senderId: busyAgent })),
    search("agent: common word, pending", agent, common, () => ({ status: "pending" })),
    search("agent: common word, half a year ago", agent, common, () => ({ to: "2026-05-01T00:00:00Z" })),
    search("busy agent: rare word", () => busyAgent, rare),
    search("client: common word", customer, common),
    search("client: rare word", customer, rare),
    search("client: two common words", customer, () => `${common()} ${common()}`),
    search("client: beginning, 1 to 5 letters", customer, () => common().slice(0, 1 + below(5))),
    list("busy agent: own", () => ({})),
    list("busy agent: own, closed", () => ({ status: "closed" })),
    list("busy agent: mine", view("mine")),
    list("busy agent: mine, pending", view("mine", "pending")),
    list("busy agent: all", view("all")),
    list("busy agent: all, open", view("all", "open")),
    list("busy agent: unassigned", view("unassigned")),
    list("busy agent: unassigned, closed", view("unassigned", "closed")),
    list("other agent: mine", view("mine"), () => agents[1 + below(agents.length - 1)]!),
    list("busy agent: all, a person's name", () => ({ view: "all", q: nameOf(below(customerCount(size))) })),
    list("busy agent: all, a first name", () => ({ view: "all", q: "elodie" })),
    list("busy agent: all, one letter", () => ({ view: "all", q: "z" })),
    list("busy agent: mine, a title", () => ({ view: "mine", q: `order ${below(size.conversations)}` })),
    list("busy agent: own, a title", () => ({ q: `order ${below(size.conversations)}` })),
    list("busy agent: all, nobody's name", () => ({ view: "all", q: "xqxq" })),
    list("client", () => ({}), customer),
    list("client, a title", () => ({ q: "order" }), customer),
  ];
}
