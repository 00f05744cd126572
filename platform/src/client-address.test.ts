import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { createClientAddress, networkOf } from "./client-address.ts";

describe("the address of a client", () => {
  it.each([
    ["that asks itself", ["loopback"], "203.0.113.7", undefined, "203.0.113.7"],
    ["that asks itself and claims another", ["loopback"], "203.0.113.7", "198.51.100.1", "203.0.113.7"],
    ["behind a proxy of ours", ["loopback"], "127.0.0.1", "203.0.113.7", "203.0.113.7"],
    ["behind one that came by IPv6", ["loopback"], "::ffff:127.0.0.1", "203.0.113.7", "203.0.113.7"],
    ["that claims more than the proxy saw", ["loopback"], "127.0.0.1", "1.1.1.1, 203.0.113.7", "203.0.113.7"],
    ["that claims to be the proxy", ["loopback"], "127.0.0.1", "127.0.0.1, 203.0.113.7", "203.0.113.7"],
    ["behind two", ["loopback", "uniquelocal"], "::1", "1.1.1.1,203.0.113.7,10.1.2.3", "203.0.113.7"],
    ["behind one that is listed", ["192.0.2.0/24"], "192.0.2.9", "2001:db8::1", "2001:db8::1"],
    ["behind one that is not listed", ["loopback"], "192.0.2.9", "203.0.113.7", "192.0.2.9"],
    ["on the same machine", ["loopback"], "127.0.0.1", undefined, "127.0.0.1"],
    ["that claims nonsense", ["loopback"], "127.0.0.1", "nonsense", "nonsense"],
    ["that claims nothing", ["loopback"], "127.0.0.1", " , ", "127.0.0.1"],
  ])("%s", (_, trusted, remoteAddress, forwarded, address) => {
    const request = { socket: { remoteAddress }, headers: { "x-forwarded-for": forwarded } };
    expect(createClientAddress(trusted)(request as unknown as IncomingMessage)).toBe(address);
  });
});

describe("the network of an address", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3::4", "2001:db8:1:2"],
    ["2001:0db8:1:2::", "2001:db8:1:2"],
    ["::1", "0:0:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
  ])("%s is of %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
