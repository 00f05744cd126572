import { CodedError } from "@parloir/contracts/errors.ts";
import { type AttachmentLink, attachmentParams } from "@parloir/contracts/http.ts";
import { attachment, attachmentLink, nothing } from "@parloir/contracts/shape-schemas.ts";
import type { Person } from "@parloir/contracts/shapes.ts";
import { findAttachment, type StoredFile } from "@parloir/store/attachments.ts";
import type { Database } from "@parloir/store/database.ts";
import type { Links } from "../attachments/links.ts";
import type { Upload } from "../attachments/upload.ts";
import { type Route, route } from "../route.ts";

const one = "/api/attachments/:id";

export function attachmentRoutes(options: { database: Database; upload: Upload; links: Links }): Route[] {
  const { database, links } = options;

  async function find(id: string, person: Person): Promise<StoredFile> {
    const file = await findAttachment(database, id, person.id);
    if (!file) throw new CodedError("NOT_FOUND", "no such attachment");
    return file;
  }

  return [
    route({
      method: "post",
      path: "/api/attachments",
      about: "Takes a file in, to be sent with a message.",
      answer: attachment,
      who: "person",
      takesFile: true,
      async handle({ person, request }) {
        return { status: 201, data: await options.upload(request, person.id) };
      },
    }),
    route({
      method: "get",
      path: one,
      about: "Redirects to a signed link to the file.",
      answer: nothing,
      media: "*/*",
      who: "person",
      params: attachmentParams,
      async handle({ params, person }) {
        const { id } = await find(params.id, person);
        return { redirect: links.sign(id, "file").url };
      },
    }),
    route({
      method: "get",
      path: `${one}/thumbnail`,
      about: "Redirects to a signed link to the picture, in small.",
      answer: nothing,
      media: "image/*",
      who: "person",
      params: attachmentParams,
      async handle({ params, person }) {
        const { id, hasThumbnail } = await find(params.id, person);
        return { redirect: links.sign(id, hasThumbnail ? "thumbnail" : "file").url };
      },
    }),
    route({
      method: "get",
      path: `${one}/link`,
      about: "Signed links, for what cannot send a token.",
      answer: attachmentLink,
      who: "person",
      params: attachmentParams,
      async handle({ params, person }) {
        const { id, hasThumbnail } = await find(params.id, person);
        const link: AttachmentLink = links.sign(id, "file");
        if (hasThumbnail) link.thumbnailUrl = links.sign(id, "thumbnail").url;
        return { data: link };
      },
    }),
  ];
}
