import { Router } from "express";
import type { Route } from "../route.ts";
import { describeSocket } from "./asyncapi.ts";
import { describeRoutes } from "./openapi.ts";
import { renderDocs } from "./page.ts";

/** The documents of the protocol for machines, and the same for people. */
export function createDocs(routes: Route[]): Router {
  const openapi = describeRoutes(routes);
  const asyncapi = describeSocket();
  const page = renderDocs(openapi, asyncapi);
  const router = Router();
  router.get("/openapi.json", (_request, response) => void response.json(openapi));
  router.get("/asyncapi.json", (_request, response) => void response.json(asyncapi));
  router.get("/docs", (_request, response) => void response.type("html").send(page));
  return router;
}
