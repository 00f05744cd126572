/** What this page hears and sees of its own person. */

/**
 * Picture and sound, or what there is of them: a machine without a camera can still talk.
 * @throws the browser's error when there is neither, or the person does not allow it
 */
export async function openMedia(): Promise<MediaStream> {
  const wanted: MediaStreamConstraints[] = [{ audio: true, video: true }, { audio: true }, { video: true }];
  let first: unknown;
  for (const constraints of wanted) {
    try {
      return await navigator.mediaDevices.getUserMedia(constraints);
    } catch (error) {
      first ??= error;
      // Who said no is not asked again in other words.
      if (error instanceof DOMException && error.name === "NotAllowedError") break;
    }
  }
  throw first;
}

/** A camera or a microphone. @throws the browser's error */
export async function openTrack(kind: "audio" | "video"): Promise<MediaStreamTrack> {
  const [track] = (await navigator.mediaDevices.getUserMedia({ [kind]: true })).getTracks();
  if (!track) throw new DOMException("no such device", "NotFoundError");
  return track;
}

/** Whether this browser, and this page (https or localhost), can call at all. */
export function canCall(): boolean {
  return typeof RTCPeerConnection !== "undefined" && navigator.mediaDevices !== undefined;
}
