import type { Reader } from "./environment-reader.ts";

/** Where uploaded files go and how much of them there may be. Limits that are off are Infinity here. */
export interface AttachmentConfig {
  /** Of the files themselves or, with `s3`, of what is still arriving. All apis on one machine may share it. */
  dir: string;
  s3: S3Config | null;
  maxBytes: number;
  maxPixels: number;
  /** Bytes that all files of one person may have together. */
  quota: number;
  uploadsAtOnce: number;
  /** Bytes of the disk that uploads leave alone; 0 does not look. */
  keepFree: number;
  linkSeconds: number;
  unsentSeconds: number;
}

export interface S3Config {
  bucket: string;
  /** Null: Amazon's own for the region. */
  endpoint: string | null;
  region: string;
  /** Null: what the SDK finds by itself (its own variables, the machine's role). */
  credentials: { accessKeyId: string; secretAccessKey: string } | null;
}

const mega = 1024 * 1024;

export function attachments(env: Reader): AttachmentConfig {
  return {
    dir: env.text("ATTACHMENT_DIR", env.production ? "/var/lib/parloir/attachments" : ".local/attachments"),
    s3: s3(env),
    maxBytes: limit(env.number("LIMIT_ATTACHMENT_BYTES", 25 * mega)),
    maxPixels: limit(env.number("LIMIT_ATTACHMENT_PIXELS", 50_000_000)),
    quota: limit(env.number("LIMIT_ATTACHMENT_QUOTA_MB", 1_024)) * mega,
    uploadsAtOnce: limit(env.number("LIMIT_UPLOADS_AT_ONCE", 4)),
    keepFree: env.number("ATTACHMENT_KEEP_FREE_MB", 512) * mega,
    linkSeconds: Math.max(env.number("ATTACHMENT_LINK_SECONDS", 300), 1),
    unsentSeconds: env.number("ATTACHMENT_UNSENT_HOURS", 24) * 3_600,
  };
}

function limit(value: number): number {
  return value === 0 ? Number.POSITIVE_INFINITY : value;
}

function s3(env: Reader): S3Config | null {
  const bucket = env.optional("S3_BUCKET");
  const endpoint = env.optional("S3_ENDPOINT");
  const region = env.text("S3_REGION", "us-east-1");
  const accessKeyId = env.optional("S3_ACCESS_KEY_ID");
  const secretAccessKey = env.optional("S3_SECRET_ACCESS_KEY");
  if (bucket === null) return null;
  if (endpoint !== null && !URL.canParse(endpoint)) env.problem("S3_ENDPOINT is not a URL");
  if ((accessKeyId === null) !== (secretAccessKey === null))
    env.problem("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY go together");
  const credentials = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : null;
  return { bucket, endpoint, region, credentials };
}
