import { traceparent } from "@parloir/contracts/traceparent.ts";
import { describe, expect, it } from "vitest";
import { passingTracing } from "./tracing.ts";

const given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

describe("a trace that is not exported", () => {
  it("goes on under the caller's id, in a span of its own", () => {
    for (const go of [passingTracing.enter, passingTracing.step]) {
      const next = go("commit", given)!.traceparent;
      expect(next.slice(0, 35)).toBe(given.slice(0, 35));
      expect(next.slice(36, 52)).not.toBe(given.slice(36, 52));
      expect(next.slice(-2)).toBe("01");
      expect(traceparent.safeParse(next).success).toBe(true);
    }
  });

  it("does not begin by itself", () => {
    expect(passingTracing.enter("send_message", undefined)).toBeUndefined();
    expect(passingTracing.step("commit", undefined)).toBeUndefined();
  });
});

describe("a traceparent", () => {
  it.each([
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "01-x",
    "",
    `00-${"A".repeat(32)}-00f067aa0ba902b7-01`,
  ])("is not %s", (text) => expect(traceparent.safeParse(text).success).toBe(false));
});
