import { afterAll, beforeAll, expect, test } from "bun:test";
import { run } from "../cli/binary.ts";
import { type Box, startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import type { Client, Opened } from "../support/client.ts";
import { newUser, oneFile } from "./api.ts";

let box: Box;
let admin: Client;
beforeAll(async () => {
  box = await startBox("[auth]\nupload_token_minutes = 0.05");
  admin = await box.client("admin");
});
afterAll(() => box.stop());

/** Reads the stream's first event, and answers what comes after it until the end. */
async function follow(client: Client, opened: Opened, token: string): Promise<{ rest: Promise<string> }> {
  const answer = await client.request("GET", `/upload/${opened.upload_id}/events`, { token });
  expect(answer.status).toBe(200);
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toContain('"state":"receiving"');
  const rest = async () => {
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return text;
      text += new TextDecoder().decode(value);
    }
  };
  return { rest: rest() };
}
const cancel = (by: Client, opened: Opened) => by.request("DELETE", `/upload/${opened.upload_id}`);

test("disabling the user ends open streams, by either token: what changes then is not told", async () => {
  const leaver = await newUser(box, "leaver", "clinician");
  const opened = await leaver.init(oneFile(10));
  const streams = [
    await follow(leaver, opened, opened.upload_token),
    await follow(leaver, opened, leaver.token),
    await follow(admin, opened, admin.token),
  ];
  expect((await run(["user", "disable", "leaver", "--config", box.configFile])).code).toBe(0);
  expect((await cancel(admin, opened)).status).toBe(204);
  const [byUpload, byAccess, other] = await Promise.all(streams.map(({ rest }) => rest));
  expect([byUpload, byAccess]).toEqual(["", ""]);
  expect(other).toContain('"state":"cancelled"');
});

test("the end of a session ends its streams", async () => {
  const person = await newUser(box, "person", "clinician");
  const opened = await person.init(oneFile(10));
  const { rest } = await follow(person, opened, person.token);
  expect((await person.request("POST", "/auth/logout")).status).toBe(204);
  expect((await cancel(admin, opened)).status).toBe(204);
  expect(await rest).toBe("");
});

test("a stream ends with its token", async () => {
  const owner = await newUser(box, "owner", "clinician");
  const opened = await owner.init(oneFile(10));
  const { rest } = await follow(owner, opened, opened.upload_token);
  const status = () => owner.request("GET", `/upload/${opened.upload_id}/status`, { token: opened.upload_token });
  await until("the token to expire", async () => (await status()).status === 401);
  expect((await cancel(owner, opened)).status).toBe(204);
  expect(await rest).toBe("");
}, 20_000);
