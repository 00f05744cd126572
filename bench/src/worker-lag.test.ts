import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { lagLines, readWorkers } from "./worker-lag.ts";

const page = (within: number, all: number) => `# TYPE parloir_outbox_lag_seconds histogram
parloir_outbox_lag_seconds_bucket{node="w",le="0.1"} ${within}
parloir_outbox_lag_seconds_bucket{node="w",le="1"} ${all}
parloir_outbox_lag_seconds_bucket{node="w",le="+Inf"} ${all}
parloir_other_seconds_bucket{le="1"} 9
`;

it("says what the histograms of all workers counted between two readings", async () => {
  let text = page(10, 20);
  const server = createServer((_, response) => response.end(text)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const before = await readWorkers([url, url]);
  text = page(70, 120);
  const lines = lagLines(before, await readWorkers([url, url]));
  expect(lines[0]).toBe(
    "outbox row waited for the relay: 200 times, half within 0.1 s, 99 % within 1 s, all within 1 s",
  );
  server.close();
});
