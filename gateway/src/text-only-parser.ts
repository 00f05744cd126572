import * as parser from "socket.io-parser";

/**
 * The standard Socket.IO parser without binary: no event of ours carries any, and a client that announces
 * attachments could otherwise make the gateway hold a half-assembled packet. A throw here closes that one
 * connection.
 */
const binaryEvent = "5";
const binaryAck = "6";

class TextOnlyDecoder extends parser.Decoder {
  override add(packet: unknown): void {
    if (typeof packet !== "string") throw new Error("binary is not part of the protocol");
    if (packet[0] === binaryEvent || packet[0] === binaryAck)
      throw new Error("binary is not part of the protocol");
    super.add(packet);
  }
}

export const textOnlyParser = { ...parser, Decoder: TextOnlyDecoder };
