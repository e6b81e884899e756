import { configFile } from "../core/config.ts";
import { processEnvironment } from "../core/config-env.ts";
import { captureConsole, errorFields, log, openLog } from "../core/log.ts";
import { keepAlive, serviceManager } from "../core/service-manager.ts";
import { version } from "../core/version.ts";
import { type ConfigOptions, readConfig } from "./context.ts";
import { exitCodeOf } from "./failure.ts";
import { say, tell } from "./io.ts";

/** CONTRACT §1: after SIGTERM the process is gone within 10 s, whatever a slow peer does. */
const stopWithinMs = 9000;

/** Resolves at the first SIGTERM or SIGINT. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.on("SIGTERM", resolve);
    process.on("SIGINT", resolve);
  });
}

/** Takes SIGHUP from now on; one that came before `answer` was given is answered then. */
function hangups(): { answer(reloading: () => void): void } {
  let early = false;
  let reload = (): void => {
    early = true;
  };
  process.on("SIGHUP", () => reload());
  return {
    answer(reloading) {
      reload = reloading;
      if (early) reload();
    },
  };
}

/** `serve`: runs until it is told to stop. */
export async function serve(options: ConfigOptions): Promise<number> {
  const hangup = hangups(); // first of all: unheard, SIGHUP ends a process
  const config = readConfig(options);
  const env = processEnvironment();
  captureConsole();
  const stopping = stopSignal(); // before the start, so that a signal meanwhile is not lost
  const { startApp } = await import("../app.ts"); // a wrong configuration is told before all of it is loaded
  // What a half start left running must not keep the process: whoever watches over it starts it again.
  const app = await startApp(config, { configFile: configFile({ file: options.config, env }).path, warn: tell }).catch(
    (error: unknown) => process.exit(exitCodeOf(error)),
  );
  say(`relaypacs listening on ${app.url}`);
  const code = app.setupCode();
  if (code !== undefined)
    tell(
      `This box has no administrator yet. Open ${app.url}/setup within 30 minutes and enter the code ${code}; "relaypacs setup-code" prints a fresh one.`,
    );
  openLog(env.JOURNAL_STREAM);
  log.event("app.started", { version });
  const manager = await serviceManager(env);
  manager?.notify("READY=1");
  if (manager) keepAlive(manager, app.alive);

  hangup.answer(() => {
    Promise.resolve()
      .then(() => app.reload(readConfig(options)))
      .then(() => log.event("app.reloaded"))
      .catch((error: unknown) => {
        log.event("app.reload_failed", errorFields(error));
        tell(`The new configuration is not used; the present one stays.\n${(error as Error).message}`);
      });
  });

  const signal = await stopping;
  log.event("app.stopping", { signal });
  manager?.notify("STOPPING=1");
  const late = new Promise<"late">((resolve) => setTimeout(resolve, stopWithinMs, "late"));
  const how = await Promise.race([app.stop().then(() => "done" as const), late]).catch((error: unknown) => {
    log.event("app.stop_failed", errorFields(error));
    return "failed" as const;
  });
  log.event("app.stopped", { state: how });
  process.exit(0); // what is still open is in the database and goes on at the next start
}
