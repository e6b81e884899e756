import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { httpPeer } from "./http-peer.ts";

const env = { dataDir: tmpdir(), readSecret: () => "" };

/** Sends two bodies one after the other. @returns what arrived, and over how many connections */
async function sendTwo(length: number, timeoutSeconds: number) {
  const connections = new Set<number>();
  const arrived: number[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request, self) => {
      connections.add(self.requestIP(request)?.port ?? 0);
      arrived.push((await request.bytes()).length);
      return new Response("ok");
    },
  });
  const peer = httpPeer({ url: `http://127.0.0.1:${server.port}`, timeout_seconds: timeoutSeconds }, env);
  const pieces = async function* () {
    for (let left = length; left > 0; left -= 1000) yield new Uint8Array(Math.min(1000, left));
  };
  try {
    for (let time = 0; time < 2; time++) {
      const answer = await peer.request({ method: "POST", path: "/", body: { length, pieces } }, AbortSignal.any([]));
      expect(await answer.text()).toBe("ok");
    }
  } finally {
    await server.stop(true);
  }
  return { arrived, connections: connections.size };
}

test.each([
  ["read before it is sent", 2500, 60],
  ["streamed, because it is long", 1_200_000, 60],
  ["streamed, because a slow line would not take it within the time-out", 100_000, 5],
])("a body %s arrives whole, and never over a kept connection, which may be closing", async (_how, length, seconds) => {
  expect(await sendTwo(length, seconds)).toEqual({ arrived: [length, length], connections: 2 });
});
