import { Elysia } from "elysia";
import type { HttpContext } from "../context.ts";

/** Lives, and serves. Both say nothing that an outsider could use. */
export const healthRoutes = ({ ready }: HttpContext) =>
  new Elysia()
    .get("/health", () => ({ status: "ok" }), { detail: { summary: "Whether the process lives" } })
    .get(
      "/ready",
      ({ set }) => {
        const { ok, problems } = ready();
        if (!ok) set.status = 503;
        return { status: ok ? "ready" : "not_ready", problems };
      },
      { detail: { summary: "Whether the box takes work" } },
    );
