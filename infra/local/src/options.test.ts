import { describe, expect, it } from "vitest";
import { parseOptions, UsageError } from "./options.ts";

const parse = (argv: string[], env: Record<string, string> = {}) => parseOptions(argv, env, "/checkout");

describe("parseOptions", () => {
  it("starts two gateways, one api and one worker on port 8080 when nothing is said", () => {
    expect(parse([])).toMatchObject({
      port: 8080,
      gateways: 2,
      apis: 1,
      workers: 1,
      demo: true,
      json: false,
    });
    expect(parse([]).dataDir).toBe("/checkout/.local");
  });

  it("reads every flag", () => {
    const argv = "--port 9000 --gateways 3 --apis 2 --workers 0 --no-demo --json --data /data".split(" ");
    expect(parse(argv)).toMatchObject({
      port: 9000,
      gateways: 3,
      apis: 2,
      workers: 0,
      demo: false,
      json: true,
      dataDir: "/data",
    });
  });

  it("takes servers and folder from the environment, and an empty variable for none", () => {
    const options = parse([], {
      DATABASE_URL: "postgresql://db/x",
      REDIS_URL: "",
      PARLOIR_LOCAL_DIR: "/elsewhere",
    });
    expect(options).toMatchObject({ databaseUrl: "postgresql://db/x", dataDir: "/elsewhere" });
    expect(options.redisUrl).toBeUndefined();
  });

  it.each([
    ["--prot 9000", "--prot"],
    ["--port 70000", "1 to 65535"],
    ["--port 8e3", "8e3"],
    ["--gateways 0", "--gateways"],
    ["--gateways", "--gateways"],
    ["9000", "9000"],
  ])("refuses %s with a sentence", (line, mentioned) => {
    expect(() => parse(line.split(" "))).toThrow(UsageError);
    expect(() => parse(line.split(" "))).toThrow(mentioned);
  });

  it("says so when npm swallowed a flag", () => {
    expect(() => parse(["9000"], { npm_config_port: "true" })).toThrow("npm start -- --port N");
  });
});
