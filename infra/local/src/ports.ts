/** Free ports, the same after a restart, and who holds one that is taken. */
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { writeAtomically } from "./files.ts";
import { allPids, processIdentity, programName, workingDirectory } from "./proc.ts";

// Below the range the kernel takes for outgoing connections (32768 and up): a process that comes back
// after a crash must find its port free, not lent to somebody's client meanwhile.
const FIRST = 20_000;
const LAST = 29_999;
const handedOut = new Set<number>();
/** Ports that processes of this account have chosen and nobody may listen on yet: a file each, with the pid. */
const claimed = new Set<string>();
export const reservations = path.join(os.tmpdir(), `parloir-ports-${process.getuid?.() ?? 0}`);

/** A port of 127.0.0.1 nobody listens on; never the same twice in one process. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if (handedOut.has(port) || !(await canListen(port)) || !reserve(port)) continue;
    handedOut.add(port);
    return port;
  }
  throw new Error(`No free port found between ${FIRST} and ${LAST}`);
}

/**
 * Claims a port that is free now, so that of clusters that start at the same moment no two choose it. Let go when this
 * process ends; the claim of one that was killed counts no more.
 */
export function reserve(port: number): boolean {
  const file = path.join(reservations, String(port));
  mkdirSync(reservations, { recursive: true, mode: 0o700 });
  if (!claim(file)) {
    const owner = claimant(file);
    if (owner === null || processIdentity(owner) !== null) return false;
    rmSync(file, { force: true });
    if (!claim(file)) return false;
  }
  if (claimed.size === 0) process.once("exit", letGo);
  claimed.add(file);
  return true;
}

function letGo(): void {
  for (const file of claimed) rmSync(file, { force: true });
}

function claim(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

/** Null: gone, or not written yet. */
function claimant(file: string): number | null {
  try {
    return Number(readFileSync(file, "utf8")) || null;
  } catch {
    return null;
  }
}

/** Whether a server could listen on this port now, on every loopback address this machine has. */
export async function canListen(port: number): Promise<boolean> {
  const codes = await Promise.all(["127.0.0.1", "::1"].map((host) => listenError(port, host)));
  return codes.every((code) => code === null || code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT");
}

/** The error code of listening on the port, null when it works. */
export function listenError(port: number, host: string): Promise<string | null> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "UNKNOWN"));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

/** Remembers by name which port was given, so that a cluster comes back where it was. */
export interface PortBook {
  assign(name: string): Promise<number>;
  save(): Promise<void>;
}

export async function openPortBook(file: string): Promise<PortBook> {
  const remembered = await readPorts(file);
  const assigned: Record<string, number> = {};
  return {
    async assign(name) {
      const last = remembered[name];
      const usable = last !== undefined && !handedOut.has(last) && (await canListen(last));
      const port = usable ? last : await freePort();
      handedOut.add(port);
      assigned[name] = port;
      return port;
    },
    async save() {
      await writeAtomically(file, JSON.stringify({ ...remembered, ...assigned }, null, 2));
    },
  };
}

export interface PortHolder {
  pid: number;
  program: string;
  startedFrom: string | null;
}

/** Who listens on this TCP port, as far as the kernel tells us (another user's process stays hidden). */
export function portHolder(port: number): PortHolder | null {
  const inodes = new Set(["tcp", "tcp6"].flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return null;
  const pid = allPids().find((candidate) => openSockets(candidate).some((inode) => inodes.has(inode)));
  if (pid === undefined) return null;
  return { pid, program: programName(pid) ?? "a program", startedFrom: workingDirectory(pid) };
}

export function describePortHolder(port: number): string {
  const holder = portHolder(port);
  if (holder === null) return `Port ${port} is held by another program`;
  const from = holder.startedFrom === null ? "" : `, started from ${holder.startedFrom}`;
  return `Port ${port} is held by ${holder.program} (pid ${holder.pid}${from})`;
}

function listeningInodes(table: string, port: number): string[] {
  const LISTEN = "0A";
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  try {
    const rows = readFileSync(`/proc/net/${table}`, "utf8").split("\n").slice(1);
    return rows
      .map((row) => row.trim().split(/\s+/))
      .filter((cells) => cells[1]?.endsWith(`:${hex}`) && cells[3] === LISTEN)
      .map((cells) => cells[9] ?? "");
  } catch {
    return [];
  }
}

function openSockets(pid: number): string[] {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).flatMap((fd) => socketInode(path.join(folder, fd)));
  } catch {
    return [];
  }
}

function socketInode(fd: string): string[] {
  try {
    return (
      readlinkSync(fd)
        .match(/^socket:\[(\d+)\]$/)
        ?.slice(1) ?? []
    );
  } catch {
    return [];
  }
}

async function readPorts(file: string): Promise<Record<string, number>> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Record<string, number>;
  } catch {
    return {};
  }
}
