import { CodedError, type ErrorCode } from "@parloir/contracts/errors.ts";
import { type Attachment, maxAttachments } from "@parloir/contracts/shapes.ts";
import { useEffect, useRef, useState } from "react";
import { useClient } from "../client-context.tsx";

/** A file on its way into the message that is being written. */
export interface Upload {
  key: number;
  name: string;
  /** From 0 to 1. */
  progress: number;
  done: Attachment | null;
  failure: ErrorCode | null;
}

/** The files beside the text: picked, dropped or pasted, uploaded at once, sent with the message. */
export function useUploads() {
  const client = useClient();
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  /** How many of the last files found no room. */
  const [surplus, setSurplus] = useState(0);
  const latest = useRef(uploads);
  latest.current = uploads;
  const running = useRef(new Map<number, AbortController>());
  const lastKey = useRef(0);
  /** One after the other: the server takes few of a person at once, and the first is there sooner. */
  const queue = useRef<Promise<unknown>>(Promise.resolve());

  // Who leaves the thread has not sent them.
  useEffect(() => {
    const { current } = running;
    return () => {
      for (const controller of current.values()) controller.abort();
    };
  }, []);

  function change(key: number, changes: Partial<Upload>): void {
    setUploads((all) => all.map((one) => (one.key === key ? { ...one, ...changes } : one)));
  }

  function start(file: File): Upload {
    const key = ++lastKey.current;
    const controller = new AbortController();
    running.current.set(key, controller);
    const { signal } = controller;
    const uploading = queue.current.then(() =>
      client.upload(file, { signal, onProgress: (progress) => change(key, { progress }) }),
    );
    queue.current = uploading.catch(() => undefined);
    uploading
      .then((done) => change(key, { done, progress: 1 }))
      .catch((error: unknown) => {
        if (!signal.aborted) change(key, { failure: error instanceof CodedError ? error.code : "INTERNAL" });
      })
      .finally(() => running.current.delete(key));
    return { key, name: file.name, progress: 0, done: null, failure: null };
  }

  return {
    uploads,
    surplus,
    add(files: Iterable<File>): void {
      const all = [...files];
      const started = all.slice(0, Math.max(0, maxAttachments - latest.current.length)).map(start);
      setSurplus(all.length - started.length);
      setUploads((before) => [...before, ...started]);
    },
    /** Also ends what is under way. */
    remove(key: number): void {
      running.current.get(key)?.abort();
      setSurplus(0);
      setUploads((all) => all.filter((one) => one.key !== key));
    },
    clear(): void {
      setSurplus(0);
      setUploads([]);
    },
  };
}
