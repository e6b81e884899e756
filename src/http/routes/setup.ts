import { Elysia } from "elysia";
import { setUp } from "../../auth/setup.ts";
import { Setup, SetupNeeded, SignedIn } from "../../contract/auth.ts";
import { RelayError } from "../../core/errors.ts";
import { clientAddress, networkOf, type SocketServer } from "../client-address.ts";
import type { HttpContext } from "../context.ts";
import { type BodyBounds, jsonBody } from "../json-body.ts";
import { requestId } from "../request-id.ts";
import { signedIn } from "./sessions.ts";

const setupBounds: BodyBounds = { maxBytes: 16 * 1024, maxValues: 16 };

/** Before there is an administrator nothing else answers (CONTRACT §3, First run); the app's own files do, to show the screen. */
export const answersBeforeSetup = (path: string): boolean =>
  /^\/(setup|trust(\/.*)?|health|ready|index\.html|sw\.js|manifest\.webmanifest|assets\/.+|icons\/.+)?$/.test(path);

/** The first run: a code of the box's console makes the first administrator. */
export function setupRoutes(context: HttpContext) {
  const { config, db, guard, log, attempts, authSessions, needsSetup } = context;
  const network = (request: Request, server: SocketServer | null) =>
    networkOf(clientAddress(request, server, config()));
  return new Elysia()
    .get(
      "/setup",
      ({ request, set }) => {
        if (!needsSetup()) throw new RelayError("not_found");
        if (request.headers.get("accept")?.includes("text/html") === true) {
          set.status = 303;
          set.headers.location = "/index.html#/setup";
        }
        return { setup_required: true as const };
      },
      { response: { 200: SetupNeeded }, detail: { summary: "Whether the first administrator is to be made" } },
    )
    .post(
      "/setup",
      async ({ body, request, set, server }) => {
        const address = clientAddress(request, server, config());
        const user = await setUp(db, body, address);
        attempts.forgive(network(request, server), []);
        log.event("auth.set_up", { request_id: requestId(request), user_id: user.id });
        set.status = 201;
        return signedIn(context, authSessions.open(user, config().auth.session_hours, address), set);
      },
      {
        parse: [
          ({ request, server }: { request: Request; server: SocketServer | null }) => {
            if (!needsSetup()) throw new RelayError("not_found");
            attempts.knock(network(request, server));
          },
          jsonBody({ config, guard }, "/setup", () => setupBounds),
          "json",
        ],
        body: Setup,
        response: { 201: SignedIn },
        detail: { summary: "Make the first administrator, by a code that the box printed" },
      },
    );
}
