import * as z from "zod/mini";
import { traceparentPattern } from "./traceparent-pattern.ts";

export const traceparent = z.string().check(z.regex(traceparentPattern));
