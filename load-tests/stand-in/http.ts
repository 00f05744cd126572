/** `k6/http`: see run.ts. */
import { record } from "./recorded.ts";

interface Params {
  headers?: Record<string, string>;
  tags?: Record<string, string>;
}

async function asyncRequest(method: string, url: string, body?: string | null, params: Params = {}) {
  const began = performance.now();
  const { headers = {}, tags = {} } = params;
  const answer = await fetch(url, { method, headers, ...(body == null ? {} : { body }) }).then(
    async (response) => ({ status: response.status, body: await response.text(), error: "" }),
    (error: unknown) => ({ status: 0, body: null, error: String(error) }),
  );
  record("http_req_duration", performance.now() - began, tags);
  record("http_req_failed", answer.status >= 200 && answer.status < 400 ? 0 : 1, tags);
  return answer;
}

export default { asyncRequest };
