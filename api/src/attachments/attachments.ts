import path from "node:path";
import type { AttachmentConfig } from "@parloir/platform/env-attachments.ts";
import type { Log } from "@parloir/platform/log.ts";
import type { Metrics } from "@parloir/platform/metrics.ts";
import type { Database } from "@parloir/store/database.ts";
import type { Router } from "express";
import type { Route } from "../route.ts";
import { attachmentRoutes } from "../routes/attachments.ts";
import { type Collector, createCollector } from "./collector.ts";
import { createDiskStorage } from "./disk.ts";
import { createLinks } from "./links.ts";
import { createS3Storage } from "./s3.ts";
import { createFileServer } from "./serve.ts";
import { createSpool } from "./spool.ts";
import { createUpload } from "./upload.ts";

export interface Attachments {
  routes: Route[];
  /** `/files/…` */
  fileServer: Router;
  collector: Collector;
  close: () => void;
}

/** Puts together what takes files in, hands them out and removes them. */
export function createAttachments(options: {
  config: AttachmentConfig;
  /** Signs links. */
  secret: string;
  database: Database;
  log: Log;
  metrics: Metrics;
}): Attachments {
  const { config, database, log, metrics } = options;
  // In one folder, so that what has arrived is moved and not copied.
  const spool = createSpool(path.join(config.dir, "incoming"), config.keepFree);
  const storage = config.s3 ? createS3Storage(config.s3) : createDiskStorage(path.join(config.dir, "files"));
  const links = createLinks(options.secret, config.linkSeconds);
  const upload = createUpload({ config, database, spool, storage, log, metrics });
  const { unsentSeconds } = config;
  return {
    routes: attachmentRoutes({ database, upload, links }),
    fileServer: createFileServer({ database, storage, links, log }),
    collector: createCollector({ database, storage, spool, unsentSeconds, log, metrics }),
    close: () => storage.close(),
  };
}
