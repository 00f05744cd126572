import { parseArgs } from "node:util";
import { conversationOf, fillThread } from "../browser/long-thread.ts";
import { type Stage, startStage } from "../browser/stage.ts";
import type { Visitor } from "../browser/visitor.ts";
import { type FirstMessage, measureFirstMessage } from "./first-message.ts";
import { measureScrolling } from "./scrolling.ts";

/**
 * `npm run bench:pages`: how soon the built page shows its first message with the CPU throttled four times, and how
 * smoothly a thread of 10,000 messages scrolls, before a cluster of its own. Figures, not a test: they are the machine's
 * as well. Ends with 1 when the median or the scrolling's frames are beyond the budget.
 */
const usage = `Usage: npm run bench:pages -- [options]

  --runs N        of the first message (5)
  --slowdown N    how many times slower the CPU is made (4)
  --messages N    in the thread (10000)
  --seconds N     of scrolling (20)
`;

function readOptions() {
  try {
    return parseArgs({
      options: {
        runs: { type: "string", default: "5" },
        slowdown: { type: "string", default: "4" },
        messages: { type: "string", default: "10000" },
        seconds: { type: "string", default: "20" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    return process.exit(2);
  }
}

const values = readOptions();
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const [runs, slowdown, count, seconds] = [
  Number(values.runs),
  Number(values.slowdown),
  Number(values.messages),
  Number(values.seconds),
];
const budgetMs = 1_500;
/** Of 95 in 100 frames while scrolling: two turns of a display with 60 a second. */
const frameBudgetMs = 34;

/** The thread's address. */
async function prepare(stage: Stage): Promise<string> {
  const tom = await arrive(stage);
  await tom.writeTo("demo-zoe");
  const id = await conversationOf(stage.database, "demo-tom", "demo-zoe");
  await fillThread(stage.database, id, ["demo-tom", "demo-zoe"], count);
  await tom.page.context().close();
  return `${stage.url}/messages?conversation=${id}`;
}

async function arrive(stage: Stage): Promise<Visitor> {
  const visitor = await stage.visitor();
  await visitor.signIn("demo-tom");
  return visitor;
}

const whole = (value: number) => Math.round(value);
const median = (of: (run: FirstMessage) => number, all: FirstMessage[]) =>
  all.map(of).toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!;

const stage = await startStage({}, { CANARY_MS: "0" });
try {
  const address = await prepare(stage);
  const all: FirstMessage[] = [];
  for (let run = 0; run < runs; run++) {
    const visitor = await arrive(stage);
    all.push(await measureFirstMessage(visitor.page, address, slowdown));
    await visitor.page.context().close();
  }
  const message = median((run) => run.message, all);
  const line = [
    `document ${whole(median((run) => run.document, all))} ms`,
    `first paint ${whole(median((run) => run.firstPaint, all))} ms`,
    `first message ${whole(message)} ms (budget ${budgetMs} ms)`,
    `worst ${whole(Math.max(...all.map((run) => run.message)))} ms`,
    `${whole(median((run) => run.kilobytes, all))} KB`,
  ];
  process.stdout.write(
    `CPU ${slowdown} times slower, nothing cached, median of ${runs}: ${line.join(", ")}\n`,
  );
  process.exitCode = message > budgetMs ? 1 : 0;

  const reader = await arrive(stage);
  await reader.page.goto(address);
  await reader.bubble(`Message ${count}`).waitFor();
  const scrolling = await measureScrolling(reader.page, count, seconds);
  process.stdout.write(
    `${seconds} s upwards through ${scrolling.reached} of ${count} messages: ${scrolling.frames} frames, ` +
      `p50 ${whole(scrolling.p50)} ms, p95 ${whole(scrolling.p95)} ms (budget ${frameBudgetMs} ms), p99 ${whole(scrolling.p99)} ms, ` +
      `longest ${whole(scrolling.longest)} ms, ${(100 * scrolling.janky).toFixed(1)} % over 50 ms, ` +
      `at most ${scrolling.mostRows} rows in the document\n`,
  );
  if (scrolling.p95 > frameBudgetMs) process.exitCode = 1;
} finally {
  await stage.stop();
}
