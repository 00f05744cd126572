import * as z from "zod/mini";
import { userId, uuid } from "./ids.ts";
import { agent, schemaFor, time } from "./shape-schemas.ts";
import { conversationStatuses } from "./shapes.ts";
import { waitLine } from "./stats-schemas.ts";
import {
  assignmentModes,
  type Customer,
  type CustomerContext,
  type Desk,
  type EarlierConversation,
  type SupportSettings,
} from "./support.ts";

export const supportSettings = schemaFor<SupportSettings>()(
  z.strictObject({ assignment: z.enum(assignmentModes), defaultCapacity: z.int() }),
);

export const desk = schemaFor<Desk>()(
  z.strictObject({ ...agent.shape, capacity: z.int(), accepting: z.boolean(), open: z.int() }),
);

const text = z.nullable(z.string());

const customer = schemaFor<Customer>()(
  z.strictObject({ userId, name: z.string(), email: text, avatarUrl: text, locale: text, firstSeenAt: time }),
);

const earlierConversation = schemaFor<EarlierConversation>()(
  z.strictObject({
    id: uuid,
    subject: z.nullable(z.strictObject({ type: z.string(), id: z.string(), title: z.string() })),
    status: z.enum(conversationStatuses),
    assigneeId: z.nullable(userId),
    createdAt: time,
    updatedAt: time,
  }),
);

export const customerContext = schemaFor<CustomerContext>()(
  z.strictObject({
    customer,
    earlier: z.array(earlierConversation),
    total: z.int(),
    waits: z.array(waitLine),
  }),
);
