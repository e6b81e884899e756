import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

/** Sends a body that lies as a file of `onDisk` bytes, and is said to have `length`. @returns what arrived, and whether it was read here */
async function sendFile(onDisk: Uint8Array, length: number) {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-test-"));
  const path = join(folder, "body");
  writeFileSync(path, onDisk);
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => new Response(await request.bytes()),
  });
  const peer = httpPeer({ url: `http://127.0.0.1:${server.port}` }, env);
  let read = false;
  const pieces = async function* () {
    read = true;
    if (onDisk.length < length) throw new Error("the file became shorter");
    yield onDisk.subarray(0, length);
  };
  try {
    const body = { length, pieces, path };
    const answer = await peer.request({ method: "POST", path: "/", body }, AbortSignal.any([]));
    return { arrived: Buffer.from(await answer.text(), "latin1").length, read };
  } finally {
    await server.stop(true);
    rmSync(folder, { recursive: true });
  }
}

const ofBytes = (length: number) => new Uint8Array(length).fill(0x41);

test("a body that lies as a file is handed to the kernel; a long one is streamed, so that progress is seen", async () => {
  expect(await sendFile(ofBytes(500_000), 500_000)).toEqual({ arrived: 500_000, read: false });
  expect(await sendFile(ofBytes(1_200_000), 1_200_000)).toEqual({ arrived: 1_200_000, read: true });
});

test("a file that is not as long as it should be is not sent as it lies", async () => {
  expect(await sendFile(ofBytes(3000), 2000)).toEqual({ arrived: 2000, read: true });
  await expect(sendFile(ofBytes(1000), 2000)).rejects.toThrow("the file became shorter");
});

test("a connection that was closed just as it was used again costs no new token", async () => {
  let [tokens, asked] = [0, 0];
  const server = Bun.listen({
    port: 0,
    hostname: "127.0.0.1",
    socket: {
      data: (socket, bytes) => {
        const answer = (body: string) =>
          socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
        if (Buffer.from(bytes).toString().startsWith("POST /token")) {
          tokens += 1;
          answer(JSON.stringify({ access_token: "t", expires_in: 3600 }));
        } else if (++asked === 1) socket.terminate();
        else answer("ok");
      },
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  const auth = { type: "oauth2-client", token_url: `${url}/token`, client_id: "c", client_secret: "s" } as const;
  try {
    const peer = httpPeer({ url, auth, timeout_seconds: 20 }, env);
    const answer = await peer.request({ method: "GET", path: "/" }, AbortSignal.any([]));
    expect(await answer.text()).toBe("ok");
    expect({ asked, tokens }).toEqual({ asked: 2, tokens: 1 });
  } finally {
    server.stop(true);
  }
});
