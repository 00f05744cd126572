import type * as z from "zod/mini";
import { contentProblem } from "./content.ts";
import { CodedError } from "./errors.ts";

/**
 * Checks untrusted input against a schema.
 * @throws CodedError INVALID, naming the first few fields that are wrong but never repeating their values.
 */
export function parse<Schema extends z.ZodMiniType>(schema: Schema, input: unknown): z.infer<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new CodedError("INVALID", describe(result.error.issues));
}

/** @throws CodedError INVALID or TOO_LARGE when this is no text of a message. */
export function checkContent(content: string): void {
  const problem = contentProblem(content);
  if (problem) throw new CodedError(problem.code, problem.message);
}

/** @throws CodedError INVALID or TOO_LARGE when a message may not carry this. */
export function checkSend(send: { content: string; attachmentIds?: string[] | undefined }): void {
  // A picture needs no words.
  if (send.content === "" && send.attachmentIds?.length) return;
  checkContent(send.content);
}

/** Whether the message has a picture, which needs no words, is known where it is committed. @throws as above */
export function checkEdit({ content }: { content: string }): void {
  if (content !== "") checkContent(content);
}

const maxIssuesNamed = 3;

function describe(issues: readonly z.core.$ZodIssue[]): string {
  return issues
    .slice(0, maxIssuesNamed)
    .map((issue) => {
      const path = issue.path.map(String).join(".");
      if (issue.code === "unrecognized_keys")
        return `unknown field: ${issue.keys.slice(0, 3).join(", ").slice(0, 100)}`;
      return path === "" ? issue.message : `${path.slice(0, 100)}: ${issue.message}`;
    })
    .join("; ");
}
