import { resolve } from "node:path";
import { isTerminal } from "../contract/states.ts";
import { parkedByCause } from "../db/deliveries.ts";
import { uploadsByState } from "../db/uploads.ts";
import { type JsonOptions, readConfig, withDatabase } from "./context.ts";
import { columns, say, sayJson } from "./io.ts";

/** `status`: what is on its way, and what is stuck and why. Exit code 1 with `--idle` while anything is unfinished. */
export async function status(options: JsonOptions & { readonly idle?: boolean }): Promise<number> {
  return withDatabase(options, ({ orm }) => {
    const uploads = uploadsByState(orm);
    const parked = parkedByCause(orm);
    const unfinished = uploads.reduce((sum, { state, count }) => sum + (isTerminal(state) ? 0 : count), 0);
    if (options.json === true)
      sayJson({
        data_dir: resolve(readConfig(options).data_dir),
        unfinished,
        uploads,
        parked: parked.map(({ destinationId, ...rest }) => ({ destination_id: destinationId, ...rest })),
      });
    else {
      const rows = uploads.map(({ state, count }) => [state, String(count)]);
      say(rows.length === 0 ? "No uploads yet." : columns([["uploads", ""], ...rows]));
      if (parked.length > 0) {
        const causes = parked.map(({ destinationId, code, count }) => [destinationId, code ?? "", String(count)]);
        say(`\n${columns([["parked at", "cause", ""], ...causes])}`);
        say(
          '\nWhat each cause means: docs/errors.md, or /docs/errors on the box. "Retry" is on the screen of deliveries.',
        );
      }
    }
    return options.idle === true && unfinished > 0 ? 1 : 0;
  });
}
