import { errorCodes, isErrorCode } from "@parloir/contracts/errors.ts";

/** What a hostile request may get back. Each answers with a complaint, or null. */

/** A path, a line, a name of a source file or a statement of ours or of a library. */
const trace =
  /\bat (\S+ )?\(?(file:|node:|\/)\S*:\d+:\d+|node_modules|\.(ts|js):\d+|\bSELECT .+ FROM|INSERT INTO|violates .+ constraint|syntax error at/;

export function judgeText(text: string): string | null {
  const found = trace.exec(text);
  return found ? `shows its insides: ${found[0].slice(0, 80)}` : null;
}

/** An ack: `{ok:true, data}`, or `{ok:false, error}` with a code of the one list that is no fault of ours. */
export function judgeAck(ack: unknown): string | null {
  if (!isRecord(ack)) return "the ack is no object";
  if (ack.ok === true) return isRecord(ack.data) ? null : "the ack's data is no object";
  if (ack.ok !== false || !isRecord(ack.error)) return "the ack is neither ok nor an error";
  const { code, message, retryable } = ack.error;
  if (!isErrorCode(code)) return `an unknown code: ${String(code).slice(0, 40)}`;
  if (code === "INTERNAL") return "INTERNAL";
  if (typeof message !== "string" || retryable !== errorCodes[code].retryable)
    return "an error without its fields";
  return null;
}

/** A REST answer under /api: the envelope, with the status that belongs to its code. */
export function judgeRest(status: number, text: string): string | null {
  if (status >= 300 && status < 400) return null;
  const body = parsed(text);
  if (!isRecord(body)) return `status ${status} without an envelope`;
  if (body.success === true) return status < 300 && "data" in body ? null : `success with status ${status}`;
  if (body.success !== false || !isRecord(body.error)) return `status ${status} without an envelope`;
  const { code, message, requestId } = body.error;
  if (!isErrorCode(code)) return `an unknown code: ${String(code).slice(0, 40)}`;
  if (code === "INTERNAL") return "INTERNAL";
  if (typeof message !== "string" || typeof requestId !== "string") return "an error without its fields";
  return status === errorCodes[code].status ? null : `${code} with status ${status}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
