import { describe, expect, it } from "vitest";
import { createNetworks, isNetwork } from "./networks.ts";

describe("networks that may be called", () => {
  const networks = createNetworks([]);

  it.each(["93.184.216.34", "1.1.1.1", "172.32.0.1", "2606:2800:220:1::1", "[2606:2800:220:1::1]"])(
    "%s is public",
    (address) => expect(networks.mayCall(address)).toBe(true),
  );

  it.each([
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "[::1]",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "fe80::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "localhost",
    "",
  ])("%s is not", (address) => expect(networks.mayCall(address)).toBe(false));

  it("are also those that the operator listed, and no others", () => {
    const own = createNetworks(["10.1.0.0/16", "fd00::/8", "127.0.0.1"]);
    expect(["10.1.2.3", "fd12::1", "127.0.0.1", "::ffff:10.1.2.3"].map(own.mayCall)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(["10.2.0.1", "127.0.0.2", "fe80::1", "1.1.1.1"].map(own.isListed)).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(own.mayCall("10.2.0.1")).toBe(false);
  });
});

it.each([
  ["10.0.0.0/8", true],
  ["10.0.0.1", true],
  ["fd00::/8", true],
  ["10.0.0.0/33", false],
  ["10.0.0.0/8/8", false],
  ["example.org", false],
  ["loopback", false],
  ["", false],
])("%s is an address or a network: %s", (text, yes) => expect(isNetwork(text)).toBe(yes));
