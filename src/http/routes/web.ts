import { Elysia } from "elysia";
import page from "../../../web/index.html" with { type: "text" };

/** What stands at `/` until the app does. */
export const webRoutes = () =>
  new Elysia().get(
    "/",
    () => new Response(page as unknown as string, { headers: { "content-type": "text/html; charset=utf-8" } }),
    {
      detail: { hide: true },
    },
  );
