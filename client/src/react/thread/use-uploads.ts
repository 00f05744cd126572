import { CodedError, type ErrorCode } from "@parloir/contracts/errors.ts";
import type { Attachment } from "@parloir/contracts/shapes.ts";
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

const maxFiles = 10;

/** The files beside the text: picked, dropped or pasted, uploaded at once, sent with the message. */
export function useUploads() {
  const client = useClient();
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
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
    add(files: Iterable<File>): void {
      const room = maxFiles - uploads.length;
      const started = [...files].slice(0, room).map(start);
      if (started.length > 0) setUploads((all) => [...all, ...started]);
    },
    /** Also ends what is under way. */
    remove(key: number): void {
      running.current.get(key)?.abort();
      setUploads((all) => all.filter((one) => one.key !== key));
    },
    clear: () => setUploads([]),
  };
}
