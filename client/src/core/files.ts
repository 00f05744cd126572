import { CodedError } from "@parloir/contracts/errors.ts";
import type { AttachmentLink } from "@parloir/contracts/http.ts";
import type { Attachment } from "@parloir/contracts/shapes.ts";
import { NoAnswer } from "./link.ts";
import { type Rest, unwrap } from "./rest.ts";
import type { Tokens } from "./token.ts";

export interface UploadOptions {
  /** Shown to the readers; that of a File by default. */
  name?: string;
  /** From 0 to 1. Called in browsers only: elsewhere nobody looks. */
  onProgress?: (fraction: number) => void;
  /** Aborted, the upload ends at once, and nothing of it stays. */
  signal?: AbortSignal;
}

export interface Files {
  /** @throws CodedError; when aborted, what the signal gives as its reason */
  upload(file: Blob, options?: UploadOptions): Promise<Attachment>;
  /** Absolute addresses that need no token. Asked once and remembered for as long as they are good. */
  link(attachment: Pick<Attachment, "id">): Promise<AttachmentLink>;
}

interface FilesOptions {
  url: string;
  tokens: Tokens;
  rest: Rest;
  fetch: typeof globalThis.fetch;
}

type Send = (token: string, body: FormData, options: UploadOptions) => Promise<Response>;

/** A link is asked for anew this long before it ends: somebody still has to open it. */
const leadMs = 30_000;

export function createFiles({ url, tokens, rest, fetch }: FilesOptions): Files {
  const address = `${url}/api/attachments`;
  const links = new Map<string, Promise<AttachmentLink>>();
  // `fetch` says nothing of what has been sent; XMLHttpRequest does, where there is one.
  const send: Send = typeof XMLHttpRequest === "undefined" ? sendByFetch(address, fetch) : sendByXhr(address);

  async function askLink(id: string): Promise<AttachmentLink> {
    const link = await rest<AttachmentLink>("GET", `/api/attachments/${id}/link`);
    const { thumbnailUrl } = link;
    return {
      ...link,
      url: `${url}${link.url}`,
      ...(thumbnailUrl === undefined ? {} : { thumbnailUrl: `${url}${thumbnailUrl}` }),
    };
  }

  function remember(id: string): Promise<AttachmentLink> {
    const asked = askLink(id);
    links.set(id, asked);
    asked.catch(() => links.delete(id));
    return asked;
  }

  return {
    async upload(file, options = {}) {
      options.signal?.throwIfAborted();
      const body = new FormData();
      body.append("file", file, options.name ?? (file instanceof File ? file.name : "file"));
      const sendWith = (token: string) => {
        // It may have been taken out while the token was asked for.
        options.signal?.throwIfAborted();
        return send(token, body, options);
      };
      const token = await tokens.current();
      let response = await sendWith(token);
      if (response.status === 401) response = await sendWith(await tokens.renew(token));
      return unwrap<Attachment>(response);
    },
    async link({ id }) {
      const known = await links.get(id);
      if (known && Date.parse(known.expiresAt) - leadMs > Date.now()) return known;
      return remember(id);
    },
  };
}

function sendByFetch(address: string, fetch: typeof globalThis.fetch): Send {
  return async (token, body, { signal }) => {
    const headers = { authorization: `Bearer ${token}` };
    try {
      return await fetch(address, { method: "POST", headers, body, ...(signal ? { signal } : {}) });
    } catch (error) {
      signal?.throwIfAborted();
      throw new NoAnswer("no answer", error);
    }
  };
}

function sendByXhr(address: string): Send {
  return (token, body, { onProgress, signal }) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const abort = () => request.abort();
      signal?.addEventListener("abort", abort, { once: true });
      request.upload.onprogress = ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0);
      request.onload = () => resolve(new Response(request.responseText, { status: request.status }));
      request.onerror = () => reject(new NoAnswer("no answer"));
      request.onabort = () => reject(signal?.reason ?? new CodedError("INVALID", "the upload was aborted"));
      request.onloadend = () => signal?.removeEventListener("abort", abort);
      request.open("POST", address);
      request.setRequestHeader("authorization", `Bearer ${token}`);
      request.send(body);
    });
}
