import { connect, createServer, type Server } from "node:net";

/**
 * Passes connections on, byte for byte. A Unix socket leads from one network namespace into another.
 * Run as a program it does so where it runs: `line-bridge.ts SOCKET PORT`.
 */
export function pass(to: { path: string } | { host: string; port: number }): Server {
  return createServer((socket) => {
    const other = connect(to);
    for (const [one, two] of [
      [socket, other],
      [other, socket],
    ] as const) {
      one.on("error", () => two.destroy());
      one.pipe(two);
    }
  });
}

if (import.meta.main) {
  const [path = "", port = ""] = process.argv.slice(2);
  pass({ host: "127.0.0.1", port: Number(port) }).listen(path);
}
