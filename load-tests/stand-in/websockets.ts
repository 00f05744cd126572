/** `k6/websockets`: see run.ts. */
import ws from "ws";

export class WebSocket extends ws {
  /** k6 reserves the second argument, and takes tags in a third. */
  constructor(url: string) {
    super(url);
  }

  /** There, k6's waits for the connection with the whole VU. */
  override close(): void {
    if (this.readyState === ws.CONNECTING) throw new Error("closing a WebSocket that is still connecting");
    super.close();
  }
}
