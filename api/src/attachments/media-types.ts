/**
 * What may be uploaded, with the endings that a file of the type may have; the first is its own. A list of what is
 * taken, and not of what is refused: nothing that a browser would run (HTML, SVG, XML, scripts) can be forgotten in it.
 */
const endingsOf: Record<string, readonly string[]> = {
  "image/jpeg": ["jpg", "jpeg", "jfif"],
  "image/png": ["png"],
  "image/apng": ["png", "apng"],
  "image/gif": ["gif"],
  "image/webp": ["webp"],
  "image/avif": ["avif"],
  "image/heic": ["heic"],
  "image/heif": ["heif", "heic"],
  "audio/mpeg": ["mp3"],
  "audio/mp4": ["m4a", "mp4"],
  "audio/aac": ["aac"],
  "audio/ogg": ["ogg", "oga", "opus"],
  "audio/webm": ["webm", "weba"],
  "audio/wav": ["wav"],
  "audio/flac": ["flac"],
  "video/mp4": ["mp4", "m4v"],
  "video/webm": ["webm"],
  "video/quicktime": ["mov"],
  "application/pdf": ["pdf"],
  "application/zip": ["zip"],
  "application/gzip": ["gz", "tgz"],
  "application/x-7z-compressed": ["7z"],
  "application/rtf": ["rtf"],
  // The older office formats, which are one container.
  "application/x-cfb": ["doc", "xls", "ppt", "msg"],
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ["docx"],
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ["xlsx"],
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": ["pptx"],
  "application/vnd.oasis.opendocument.text": ["odt"],
  "application/vnd.oasis.opendocument.spreadsheet": ["ods"],
  "application/vnd.oasis.opendocument.presentation": ["odp"],
  "text/calendar": ["ics"],
  "text/vcard": ["vcf"],
  "text/plain": ["txt", "csv", "tsv", "log", "md", "json", "yaml", "yml", "srt"],
};

export function endings(mediaType: string): readonly string[] {
  return endingsOf[mediaType] ?? [];
}

export function isTaken(mediaType: string): boolean {
  return Object.hasOwn(endingsOf, mediaType);
}
