import { type Environment, processEnvironment } from "../core/config-env.ts";
import { readPassword, sayJson, tell, UsageError } from "./io.ts";
import { createApi } from "./send/api.ts";
import { planFiles, planKey, sha256Of } from "./send/plan.ts";
import { createProgress } from "./send/progress.ts";
import { createSession } from "./send/session.ts";
import { readState, stateFile, stateFolder, writeState } from "./send/state-file.ts";
import { summary } from "./send/summary.ts";
import { sendUpload } from "./send/upload.ts";

export interface SendOptions {
  readonly url: string;
  readonly username?: string;
  readonly passwordStdin?: boolean;
  readonly destination?: readonly string[];
  readonly stat?: boolean;
  readonly notes?: string;
  readonly json?: boolean;
}

/** Says each thing once in a row: several requests meet the same trouble at the same time. */
function once(say: (line: string) => void): (line: string) => void {
  let last = "";
  return (line) => {
    if (line !== last) say(line);
    last = line;
  };
}

/** Below this, hashing costs next to nothing and spares what the archive already has. */
const hashedUpTo = 268_435_456;

/** The server's address without a slash at its end. @throws UsageError */
function baseOf(url: string): string {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new UsageError(`${url} is not an http:// or https:// address.`);
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/+$/, "");
}

function credentials(options: SendOptions, environment: Environment) {
  const token = environment.RELAYPACS_TOKEN;
  if (options.username !== undefined) {
    return { username: options.username, password: readPassword(options.passwordStdin) };
  }
  if (!token) throw new UsageError("Give --username NAME --password-stdin, or an access token in RELAYPACS_TOKEN.");
  return { token };
}

function metadata({ destination, stat, notes }: SendOptions) {
  const given = {
    ...(stat === true ? { service_level: "stat" as const } : {}),
    ...(notes === undefined ? {} : { clinical_notes: notes }),
    ...(destination === undefined ? {} : { destination_ids: [...destination] }),
  };
  return Object.keys(given).length === 0 ? undefined : given;
}

/** `send`: exit code 0 for delivered alone, 1 for everything else. */
export async function send(paths: readonly string[], options: SendOptions): Promise<number> {
  const environment = processEnvironment();
  const base = baseOf(options.url);
  const who = credentials(options, environment);
  const files = planFiles(paths);
  const totalBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);

  const sha256 = new Map<string, string>();
  if (totalBytes <= hashedUpTo) for (const file of files) sha256.set(file.fileId, await sha256Of(file.path));

  const study = metadata(options);
  const key = planKey(files, [base, options.username ?? "", study ?? {}]);
  const kept = stateFile(stateFolder(environment), key);
  const progress = createProgress(totalBytes, (text) => process.stderr.write(text), process.stderr.isTTY === true);
  const sleep = (ms: number) => Bun.sleep(ms);
  const api = createApi(base, { sleep, waiting: once((reason) => progress.note(`${reason} Trying again.`)) });

  progress.note(
    `Sending ${files.length} file${files.length === 1 ? "" : "s"}, ${(totalBytes / 1e6).toFixed(1)} MB, to ${base}`,
  );
  let keepable = true;
  const status = await sendUpload({
    api,
    session: createSession(api, who),
    files,
    sha256,
    metadata: study,
    key,
    progress,
    sleep,
    load: () => readState(kept),
    save: (state) => {
      if (writeState(kept, state) || !keepable) return;
      keepable = false;
      progress.note(`Where this run stands cannot be kept at ${kept}; a run after this one begins anew.`);
    },
  }).finally(() => progress.end());

  if (options.json === true) sayJson(status);
  for (const line of summary(status)) tell(line);
  return status.state === "delivered" ? 0 : 1;
}
