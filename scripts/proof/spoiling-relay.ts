import { connect, createServer, type Socket } from "node:net";

/** What becomes of the next request on its way to the box. */
export type Spoiling = "flip" | "cut";

/** Stands between a sender and the box, below TLS where there is any, and spoils one request at a time. */
export interface SpoilingRelay {
  readonly port: number;
  /** Spoils the next request: one flipped bit in what follows its header, or an end before its end. `at` from 0 to below 1. */
  arm(how: Spoiling, at: number, bodyLength: number): void;
  /** How many it has spoiled. */
  readonly spoiled: number;
  stop(): void;
}

/** @param encrypted whether what passes is TLS: then every byte may be hit, for its header cannot be told */
export async function startSpoilingRelay(target: () => URL, encrypted: boolean): Promise<SpoilingRelay> {
  let armed: { readonly how: Spoiling; readonly at: number } | null = null;
  let spoiled = 0;
  const sockets = new Set<Socket>();

  const server = createServer((near) => {
    const { hostname, port } = target();
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    far.pipe(near);
    let passed = 0;
    let armedHere: typeof armed = null;
    near.on("data", (piece: Buffer) => {
      if (armed !== armedHere) {
        armedHere = armed;
        const body = piece.indexOf("\r\n\r\n");
        passed = encrypted || body < 0 ? 0 : -(body + 4);
      }
      const place = armed === null ? -1 : armed.at - passed;
      passed += piece.length;
      if (armed === null || place < 0 || place >= piece.length) return void far.write(piece);
      const { how } = armed;
      armed = null;
      armedHere = null;
      spoiled += 1;
      if (how === "flip") piece[place] = (piece[place] ?? 0) ^ (1 << (place % 8));
      if (how === "flip") far.write(piece);
      else far.end(piece.subarray(0, place));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    arm: (how, at, bodyLength) => {
      armed = { how, at: Math.floor(at * bodyLength) };
    },
    get spoiled() {
      return spoiled;
    },
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
