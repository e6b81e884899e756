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

/** A loopback port that nothing listens on at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

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
