import { writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { CodedError } from "@parloir/contracts/errors.ts";
import type { Attachment } from "@parloir/contracts/shapes.ts";
import type { AttachmentConfig } from "@parloir/platform/env-attachments.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import { addAttachment, checkQuota, discardAttachment } from "@parloir/store/attachments.ts";
import type { Database } from "@parloir/store/database.ts";
import { displayName } from "./names.ts";
import { receiveFile } from "./receive.ts";
import type { Spool } from "./spool.ts";
import { type Storage, thumbnailKey, writeFailure } from "./storage.ts";

export type Upload = (request: IncomingMessage, ownerId: string) => Promise<Attachment>;

/** 25 MB at 350 kbit/s; `idleMs` ends what stands still long before. */
const times = { idleMs: 20_000, totalMs: 10 * 60_000 };
const busyRetryMs = 2_000;

/**
 * Takes a file in: received on the disk, looked at there, written down, stored, and only then answered. Whatever is
 * refused or breaks off before leaves nothing; what fails while it is stored is removed by the collector.
 */
export function createUpload(options: {
  config: AttachmentConfig;
  database: Database;
  spool: Spool;
  storage: Storage;
  log: Log;
  metrics: Metrics;
}): Upload {
  const { config, database, spool, storage, log } = options;
  const uploads = options.metrics.get("parloir_uploads_total");
  const bytes = options.metrics.get("parloir_upload_bytes_total");
  const underWay = new Map<string, number>();

  async function take(request: IncomingMessage, ownerId: string, file: string): Promise<Attachment> {
    const { claimedName, size } = await receiveFile(request, file, { ...times, maxBytes: config.maxBytes });
    bytes.inc(size);
    // Loaded with the first upload: half a second and 50 MB that an api without any does not need.
    const { inspect } = await import("./inspect.ts");
    const { thumbnail, ...seen } = await inspect(file, size, config.maxPixels);
    const name = displayName(claimedName, seen.mediaType);
    const row = { ownerId, name, ...seen, hasThumbnail: thumbnail !== null };
    const attachment = await addAttachment(database, row, config.quota);
    try {
      await storage.put(attachment.id, file, seen.size);
      if (thumbnail) await storeThumbnail(attachment.id, thumbnail);
    } catch (error) {
      await discardAttachment(database, attachment.id);
      throw error;
    }
    return attachment;
  }

  function storeThumbnail(id: string, thumbnail: Buffer): Promise<void> {
    return spool.use(async (file) => {
      await writeFile(file, thumbnail, { mode: 0o600 }).catch((error: unknown) => {
        throw writeFailure(error);
      });
      await storage.put(thumbnailKey(id), file, thumbnail.length);
    });
  }

  return async (request, ownerId) => {
    const busy = underWay.get(ownerId) ?? 0;
    underWay.set(ownerId, busy + 1);
    try {
      if (busy >= config.uploadsAtOnce)
        throw new CodedError("RATE_LIMITED", "too many uploads at once", { retryAfterMs: busyRetryMs });
      // Before anything is read; what else arrives meanwhile counts when it is written down.
      await checkQuota(database.query, ownerId, 1, config.quota);
      const attachment = await spool.use((file) => take(request, ownerId, file));
      uploads.inc({ outcome: "ok" });
      return attachment;
    } catch (error) {
      const code = error instanceof CodedError ? error.code : "INTERNAL";
      if (code === "STORAGE_FULL" || (code === "UNAVAILABLE" && (error as Error).cause))
        log.warn({ err: error }, "an upload could not be stored");
      uploads.inc({ outcome: code });
      throw error;
    } finally {
      const left = underWay.get(ownerId)! - 1;
      if (left === 0) underWay.delete(ownerId);
      else underWay.set(ownerId, left);
    }
  };
}
