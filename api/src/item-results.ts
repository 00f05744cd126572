import { CodedError, errorBody } from "@parloir/contracts/errors.ts";
import type { ItemResult } from "@parloir/contracts/internal.ts";

/** How an item of an internal call went. */

export function ok<Data>(data: Data): ItemResult<Data> {
  return { ok: true, data };
}

export function failed(error: unknown): ItemResult<never> {
  const coded = error instanceof CodedError ? error : new CodedError("INTERNAL", "an internal error");
  return { ok: false, error: errorBody(coded) };
}
