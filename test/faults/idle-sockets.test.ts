import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { type Box, startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import { type Client, terminal } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { chunkHead, newUser, oneFile } from "../upload/api.ts";

setDefaultTimeout(120_000);
let box: Box;
let client: Client;
const open: Socket[] = [];
beforeAll(async () => {
  box = await startBox('[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"');
  client = await box.client("radiographer");
});
afterAll(async () => {
  for (const socket of open) socket.destroy();
  await box.stop();
});

/** Connections on which nothing more is said. @returns how many the box has taken */
async function idle(count: number, said: string): Promise<number> {
  const { hostname, port } = new URL(box.url);
  let connected = 0;
  for (let n = 0; n < count; n++) {
    const socket = connect({ host: hostname, port: Number(port) }, () => {
      connected += 1;
      socket.write(said);
    });
    socket.on("error", () => undefined);
    open.push(socket);
  }
  await until(`${count} connections`, () => connected === count, 60_000);
  return connected;
}

test("T24: beside 2 000 idle sockets, silent, in the middle of a head or of a body, a real upload passes", async () => {
  const stranger = await newUser(box, "stranger", "clinician");
  const stalled = await stranger.init(oneFile(4096));
  const head = chunkHead(stalled, 0, ["Content-Length: 4096", "Host: box"]).join("\r\n");
  const taken = [
    await idle(1000, ""),
    await idle(700, "POST /auth/login HTTP/1.1\r\nHost: box\r\nContent-Type: app"),
    await idle(300, `${head}\r\n\r\nonly this much`),
  ];
  expect(taken).toEqual([1000, 700, 300]);
  const files = Array.from({ length: 5 }, (_, n) => ({
    name: `${n}.dcm`,
    bytes: madeBytes({ study: "2.25.24", series: "2.25.24.1", sop: `2.25.24.1.${n}`, pixels: 200_000 }),
  }));
  const status = await client.send(files, {}, 60_000);
  expect([terminal.has(status.state), status.state]).toEqual([true, "delivered"]);
  expect(await box.peakMemory()).toBeLessThan(400_000_000);
});
