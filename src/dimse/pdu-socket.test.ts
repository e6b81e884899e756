import { afterEach, expect, test } from "bun:test";
import { createServer, type Server, type Socket } from "node:net";
import { PduSocket } from "./pdu-socket.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A peer that takes the connection and never answers the TLS handshake. */
async function mute() {
  const hello = Promise.withResolvers<Socket>();
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => hello.resolve(socket));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port, hello: hello.promise };
}

test("a TLS handshake that is aborted half-way leaves no connection behind", async () => {
  const { port, hello } = await mute();
  const stopping = new AbortController();
  const opening = PduSocket.open({ host: "127.0.0.1", port, tls: {}, timeoutSeconds: 60 }, stopping.signal);
  const peer = await hello;
  const closed = new Promise<void>((resolve) => peer.once("close", () => resolve()));
  const reason = new Error("asked to stop");
  stopping.abort(reason);
  expect(await opening.catch((error: unknown) => error)).toBe(reason);
  await closed;
}, 5000);

test("a peer that never answers the TLS handshake is a time-out, and no connection stays", async () => {
  const { port, hello } = await mute();
  const never = new AbortController().signal;
  const opening = PduSocket.open({ host: "127.0.0.1", port, tls: {}, timeoutSeconds: 0.2 }, never);
  const peer = await hello;
  const closed = new Promise<void>((resolve) => peer.once("close", () => resolve()));
  expect(await opening.catch((error: unknown) => error)).toMatchObject({ fault: "timeout" });
  await closed;
}, 5000);
