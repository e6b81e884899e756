import { parseListen } from "../core/listen.ts";
import { type ConfigOptions, readConfig } from "./context.ts";
import { say, tell, UsageError } from "./io.ts";

const everyMs = 250;
const askMs = 5000;

/** `ready [--wait SECONDS]`: whether the box of this configuration takes work; for installers, containers and load balancers. */
export async function ready(options: ConfigOptions & { readonly wait?: string }): Promise<number> {
  const seconds = Number(options.wait ?? 0);
  if (!(seconds >= 0 && seconds <= 3600)) throw new UsageError("--wait takes seconds, 0 to 3600.");
  const url = ownAddress(readConfig(options));
  const until = performance.now() + seconds * 1000;
  for (;;) {
    const problem = await notReady(url);
    if (problem === undefined) {
      say("ready");
      return 0;
    }
    if (performance.now() >= until) {
      tell(`Not ready: ${problem}.`);
      return 1;
    }
    await Bun.sleep(everyMs);
  }
}

/** The address to ask on this machine: one that listens everywhere listens on loopback as well. */
function ownAddress({ listen, tls }: ReturnType<typeof readConfig>): string {
  const { host, port } = parseListen(listen) ?? { host: "127.0.0.1", port: 0 };
  const everywhere = host === "0.0.0.0" || host === "::";
  const own = everywhere ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `${tls.mode === "off" ? "http" : "https"}://${own}:${port}/ready`;
}

async function notReady(url: string): Promise<string | undefined> {
  try {
    // Nothing is sent and nothing believed but "ready": the box's own authority need not be trusted here for that.
    const answer = await fetch(url, {
      signal: AbortSignal.timeout(askMs),
      redirect: "manual",
      tls: { rejectUnauthorized: false },
    });
    if (answer.ok) return;
    const { problems = [] } = (await answer.json().catch(() => ({}))) as { problems?: string[] };
    return `${problems.join(", ") || `answer ${answer.status}`} at ${url}`;
  } catch {
    return `nothing answers at ${url}`;
  }
}
