import { Elysia } from "elysia";
import type { HttpContext } from "../context.ts";
import { eventStream, eventStreamHeaders } from "../event-stream.ts";

const path = "/admin/events";

/** What has changed on the box, as a stream: whoever watches reads again what is shown. */
export const adminEventRoutes = ({ guard, newsroom }: HttpContext) =>
  new Elysia().get(
    path,
    ({ request, server }) => {
      server?.timeout(request, 0);
      if (request.method === "HEAD") return new Response(null, { headers: eventStreamHeaders });
      const { signal, done } = guard.watch(request);
      return eventStream({
        name: "changed",
        listen: newsroom.listen,
        look: () => {
          guard.recheck(request);
          guard.authorize(request, path, undefined); // the role may have been taken away meanwhile
          return { data: JSON.stringify(newsroom.news()), last: false };
        },
        signal,
        ended: done,
      });
    },
    {
      detail: {
        summary: "What has changed on the box, as a stream of events",
        description:
          "An event `changed` at once and after changes, at most four a second: how often something of uploads, deliveries, destinations, accounts and the box itself has changed since it was started. The stream ends with the sign-in, or when the token runs out: open it again with a fresh one.",
        responses: { 200: { description: "Events named changed", content: { "text/event-stream": {} } } },
      },
    },
  );
