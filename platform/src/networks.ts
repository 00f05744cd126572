import { BlockList, isIP } from "node:net";

/**
 * Which addresses a cluster may be made to call by what others have entered (webhooks, push subscriptions). Not
 * addresses of the cluster's own surroundings: whoever may name a URL could read what only this network may.
 */
export interface Networks {
  /** Public, or one of the operator's. */
  mayCall: (address: string) => boolean;
  /** One of the operator's: there, plain http is good enough. */
  isListed: (address: string) => boolean;
}

/** IPv4 that is not public: IANA's special-purpose registry. */
const special: [string, number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];
/** Of IPv6 only what is given out for the public; within that, what is not, or carries an IPv4 address. */
const publicIpv6: [string, number] = ["2000::", 3];
const specialIpv6: [string, number][] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

/** @param listed addresses and networks in CIDR form, as `isNetwork` takes them */
export function createNetworks(listed: string[]): Networks {
  const own = listOf(listed.map(networkOf));
  const notPublic = listOf([...special, ...specialIpv6]);
  const global = listOf([publicIpv6]);

  function isListed(address: string): boolean {
    const plain = unmapped(address);
    return isIP(plain) !== 0 && own.check(plain, familyOf(plain));
  }

  return {
    isListed,
    mayCall(address) {
      if (isListed(address)) return true;
      const plain = unmapped(address);
      if (isIP(plain) === 0 || notPublic.check(plain, familyOf(plain))) return false;
      return isIP(plain) === 4 || global.check(plain, "ipv6");
    },
  };
}

/** Of a URL's host: an address and no name. */
export function isIpLiteral(hostname: string): boolean {
  return isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
}

/** An address, or one with the length of a network's prefix. */
export function isNetwork(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

function networkOf(text: string): [string, number] {
  const [address = "", bits] = text.split("/");
  return [address, bits === undefined ? (isIP(address) === 4 ? 32 : 128) : Number(bits)];
}

function listOf(networks: [string, number][]): BlockList {
  const list = new BlockList();
  for (const [address, bits] of networks) list.addSubnet(address, bits, familyOf(address));
  return list;
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}

/** `::ffff:10.0.0.1` is 10.0.0.1. */
function unmapped(address: string): string {
  const plain = address.replace(/^\[|\]$/g, "");
  const mapped = /^::ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i.exec(plain);
  if (!mapped) return plain;
  const [, dotted, high, low] = mapped;
  if (dotted !== undefined) return dotted;
  const [a, b] = [Number.parseInt(high!, 16), Number.parseInt(low!, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join(".");
}
