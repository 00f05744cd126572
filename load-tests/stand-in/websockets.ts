/** `k6/websockets`: see run.ts. */
import ws from "ws";

export class WebSocket extends ws {
  /** k6 reserves the second argument, and takes tags in a third. */
  constructor(url: string) {
    super(url);
  }
}
