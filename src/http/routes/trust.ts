import { Elysia } from "elysia";
import { RelayError } from "../../core/errors.ts";
import type { HttpContext } from "../context.ts";
import { trustAnswer, trustPaths } from "../trust/answer.ts";
import { trustView } from "../trust/view.ts";
import type { WebFiles } from "../web-app.ts";

/** How a device is made to trust the box: also by https, for those who clicked the warning away. */
export function trustRoutes({ config, serving, ports }: HttpContext, files: WebFiles) {
  const app = new Elysia();
  for (const path of trustPaths)
    app.get(
      path,
      ({ request }) => {
        const view = trustView(request, { config: config(), serving, ports: ports(), files });
        const answer = trustAnswer(path, view, request);
        if (answer === null) throw new RelayError("not_found");
        return answer;
      },
      { detail: { hide: true } },
    );
  return app;
}
