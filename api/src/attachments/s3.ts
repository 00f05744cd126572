import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { CodedError } from "@parloir/contracts/errors.ts";
import type { S3Config } from "@parloir/platform/env-attachments.ts";
import { type Storage, storageFull } from "./storage.ts";

/** A bucket of Amazon's or of anything that speaks the same API. */
export function createS3Storage(config: S3Config): Storage {
  const opened = connect(config);
  // Whoever uses it hears of it.
  opened.catch(() => undefined);

  return {
    async put(key, file, size) {
      const { client, sdk, at } = await opened;
      const Body = createReadStream(file);
      const about = { ContentLength: size, ContentType: "application/octet-stream" };
      try {
        await client.send(new sdk.PutObjectCommand({ ...at(key), ...about, Body }));
      } catch (error) {
        throw failure(error);
      } finally {
        Body.destroy();
      }
    },
    async open(key, range) {
      const { client, sdk, at } = await opened;
      const Range = range ? `bytes=${range.start}-${range.end}` : undefined;
      try {
        const { Body } = await client.send(new sdk.GetObjectCommand({ ...at(key), Range }));
        return Body as Readable;
      } catch (error) {
        if (error instanceof sdk.NoSuchKey) return null;
        throw failure(error);
      }
    },
    async remove(key) {
      const { client, sdk, at } = await opened;
      await client.send(new sdk.DeleteObjectCommand(at(key)));
    },
    close: () => void opened.then(({ client }) => client.destroy()).catch(() => undefined),
  };
}

async function connect({ bucket, endpoint, region, credentials }: S3Config) {
  // Only who has a bucket pays for the SDK: 0.3 s and 35 MB.
  const sdk = await import("@aws-sdk/client-s3");
  const client = new sdk.S3Client({
    region,
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === null ? {} : { credentials }),
    // The SDK's own checksums travel in a framing that many other servers of this API do not know.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    // Whoever asked is told of a failure; the SDK would write to the console.
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 30_000 },
  });
  return { client, sdk, at: (key: string) => ({ Bucket: bucket, Key: key }) };
}

const ignore = () => undefined;

function failure(error: unknown): CodedError {
  if (statusOf(error) === 507) return storageFull(error);
  return new CodedError("UNAVAILABLE", "the file store does not answer", { cause: error });
}

function statusOf(error: unknown): unknown {
  const metadata: unknown = error instanceof Error && "$metadata" in error ? error.$metadata : null;
  return typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata
    ? metadata.httpStatusCode
    : undefined;
}
