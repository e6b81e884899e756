import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { startFakePacs } from "../../src/fake-pacs/server.ts";
import { type Box, startBox, testPassword } from "../support/box.ts";
import { freePort, until } from "../support/child.ts";
import type { Client, Opened, Status } from "../support/client.ts";
import { fakeTime, fakeTimeLibrary } from "../support/faketime.ts";
import { madeStudy } from "./made-study.ts";

/** T35: somebody, or NTP, sets the box's clock by more than every hour that is configured. */
const jumpSeconds = 25 * 3600;
const config = (port: number) => `[retention]
upload_idle_hours = 24
retry_hours = 24
failed_hours = 24
display_hours = 24
[[destination]]
id = "main"
kind = "stow-rs"
url = "http://127.0.0.1:${port}/dicom-web"
[[destination]]
id = "folder"
kind = "folder"
path = "received"`;

/** A browser's sign-in: what renews an access token is a cookie. */
async function cookieOf(box: Box): Promise<string> {
  const body = JSON.stringify({ username: "radiographer", password: testPassword });
  const answer = await fetch(`${box.url}/auth/login`, { method: "POST", body });
  return answer.headers.get("set-cookie")?.split(";")[0] ?? "";
}

async function refreshed(box: Box, cookie: string): Promise<{ token: string; cookie: string }> {
  const answer = await fetch(`${box.url}/auth/refresh`, { method: "POST", headers: { cookie, origin: box.url } });
  expect(answer.status).toBe(200);
  const { access_token } = (await answer.json()) as { access_token: string };
  return { token: access_token, cookie: answer.headers.get("set-cookie")?.split(";")[0] ?? "" };
}

/** A round of cleanup that began after this call is over: two uploads that were cancelled one after the other have left. */
async function cleanedUp(client: Client, token: string, box: Box): Promise<void> {
  for (let n = 0; n < 2; n++) {
    const body = { total_files: 1, total_size_bytes: 1 };
    const opened = (await (await client.request("POST", "/upload/init", { body, token })).json()) as Opened;
    const path = `/upload/${opened.upload_id}`;
    expect((await client.request("DELETE", path, { token })).status).toBe(204);
    await until("it to be purged", () => box.events("upload.purged").some((it) => it.upload_id === opened.upload_id));
  }
}

if (fakeTimeLibrary !== null)
  test.each([jumpSeconds, -jumpSeconds])(
    "T35: a clock set by %d s, running and across a restart: nothing goes early, and all is delivered",
    async (jump) => {
      const time = fakeTime();
      const port = await freePort();
      const box = await startBox(config(port), { env: time.env });
      try {
        const client = await box.client();
        let cookie = await cookieOf(box);
        const shown = await client.send(madeStudy(1).files, { study_metadata: { destination_ids: ["folder"] } });
        expect(shown.state).toBe("delivered");
        const retried = await client.upload(madeStudy(2).files);
        await client.complete(retried);
        const tried = async () => (await client.status(retried.upload_id)).studies[0]?.deliveries[0]?.attempts ?? 0;
        await until("it to be tried again", async () => (await tried()) > 1);

        const whole = madeStudy(1, 5000).files[0]?.bytes ?? new Uint8Array();
        const half = await client.init({
          total_files: 1,
          total_size_bytes: whole.length,
          chunk_size: 4096,
          files: [{ file_id: "a", name: "a.dcm", size_bytes: whole.length }],
        });
        expect((await client.chunk(half, "a", 0, whole.subarray(0, 4096))).status).toBe(200);

        for (const round of [1, 2]) {
          time.set(jump * round);
          if (round === 2) {
            await box.kill();
            await box.start();
          }
          const again = await refreshed(box, cookie);
          cookie = again.cookie;
          await cleanedUp(client, again.token, box);
          const seen = String(box.events("upload.purged").at(-1)?.time);
          expect(Math.abs(Date.parse(seen) - Date.now() - jump * round * 1000)).toBeLessThan(60_000);
          const states = [half, retried, shown].map(async ({ upload_id }) => {
            const answer = await client.request("GET", `/upload/${upload_id}/status`, { token: again.token });
            const { state, files } = (await answer.json()) as Status;
            return [state, files[0]?.name];
          });
          expect(await Promise.all(states)).toEqual([
            ["receiving", "a.dcm"],
            ["forwarding", "IM0.dcm"],
            ["delivered", "IM0.dcm"],
          ]);
          let next: string | null | undefined;
          await until("its next attempt to be dated", async () => {
            const path = `/upload/${retried.upload_id}/status`;
            const answer = await client.request("GET", path, { token: again.token });
            next = ((await answer.json()) as Status).studies[0]?.deliveries[0]?.next_attempt_at;
            return typeof next === "string";
          });
          const ahead = Date.parse(next ?? "") - Date.now() - jump * round * 1000;
          expect(Math.abs(ahead)).toBeLessThan(120_000); // it goes on soon, and is shown by the clock of the day
          if (jump > 0) expect((await client.chunk(half, "a", 1, whole.subarray(4096))).status).toBe(401); // until it is renewed
        }

        const { token } = await refreshed(box, cookie);
        const answer = await client.request("POST", `/upload/${half.upload_id}/token`, { token });
        const renewed = { ...half, ...((await answer.json()) as { upload_token: string }) };
        const rest = whole.subarray(4096);
        const digest = `sha-256=:${createHash("sha256").update(rest).digest("base64")}:`;
        expect((await client.chunk(renewed, "a", 1, rest, { "content-digest": digest })).status).toBe(200);
        expect((await client.complete(renewed)).status).toBe(200);
        const pacs = await startFakePacs({ port });
        try {
          const stateOf = async ({ upload_id }: Opened) => {
            const status = await client.request("GET", `/upload/${upload_id}/status`, { token });
            return ((await status.json()) as { state: string }).state;
          };
          for (const upload of [retried, renewed])
            await until("it to be delivered", async () => (await stateOf(upload)) === "delivered", 60_000);
          expect(pacs.held.size).toBe(3);
        } finally {
          await pacs.stop();
        }
      } finally {
        await box.stop();
        time.remove();
      }
    },
    120_000,
  );
