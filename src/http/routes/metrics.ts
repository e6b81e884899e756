import { createHash, timingSafeEqual } from "node:crypto";
import { Elysia } from "elysia";
import { RelayError } from "../../core/errors.ts";
import { isLoopback } from "../../core/listen.ts";
import { readSecret } from "../../core/secrets.ts";
import { addressOf } from "../actor.ts";
import type { HttpContext } from "../context.ts";
import { bearerOf } from "../guard.ts";

/** For a Prometheus: with metrics.token by that, without one from this machine alone (CONTRACT §2). */
export const metricsRoutes = ({ config, metrics }: HttpContext) =>
  new Elysia().get(
    "/metrics",
    async ({ request, server }) => {
      const token = readSecret(config().metrics.token);
      // What a proxy on this machine hands on comes from loopback as well.
      const local = isLoopback(addressOf(config(), { request, server })) && !request.headers.has("x-forwarded-for");
      if (token === "" ? !local : !same(bearerOf(request), token)) throw new RelayError("unauthorized");
      const { body, type } = await metrics.text();
      return new Response(body, { headers: { "content-type": type } });
    },
    { detail: { summary: "Figures for a Prometheus" } },
  );

const digest = (text: string) => createHash("sha256").update(text).digest();
const same = (a: string, b: string) => timingSafeEqual(digest(a), digest(b));
