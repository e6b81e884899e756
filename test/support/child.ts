import { createServer } from "node:net";

/** A program that a test started. */
export interface Child {
  readonly pid: number;
  /** Everything it has said so far. */
  output(): string;
  /** Ends it and waits for its end. */
  stop(): Promise<void>;
}

/** Starts a program; the caller waits for its readiness by a condition. */
export function startChild(
  command: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Child {
  const said: string[] = [];
  const process_ = Bun.spawn([...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: { ...process.env, ...options.env } }),
  });
  const decoder = new TextDecoder();
  const listen = async (stream: ReadableStream<Uint8Array>) => {
    for await (const piece of stream) said.push(decoder.decode(piece));
  };
  void listen(process_.stdout);
  void listen(process_.stderr);
  return {
    pid: process_.pid,
    output: () => said.join(""),
    stop: async () => {
      process_.kill("SIGTERM");
      const patience = setTimeout(() => process_.kill("SIGKILL"), 5000);
      await process_.exited;
      clearTimeout(patience);
    },
  };
}

/**
 * A loopback port that nothing listens on at the moment: below those that systems give out by themselves (Linux: from 32768), so that
 * no other test's server or connection takes it before its user does.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    if (await canListen(port)) return port;
  }
}

const canListen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });

/** Asks until the answer is true. @throws Error with the description when it takes longer than the time given. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  milliseconds = 20_000,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await Bun.sleep(20);
  }
}

/** The program's path, or null where this machine lacks it. */
export const program = (name: string): string | null =>
  Bun.which(name, { PATH: `${process.env.PATH ?? ""}:/usr/sbin:/usr/local/sbin` });
