import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Box, startBox } from "../support/box.ts";
import type { Client } from "../support/client.ts";
import { oneFile, pattern, problemOf, put, undeclared } from "../upload/api.ts";

let box: Box;
let client: Client;
beforeAll(async () => {
  box = await startBox();
  client = await box.client("clinician");
});
afterAll(() => box.stop());

const ask = (method: string, path: string, token?: string) =>
  fetch(box.url + path, { method, ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }) });

test("HEAD answers like GET, without a body", async () => {
  const opened = await client.init(oneFile(10));
  const paths = ["/health", "/ready", "/docs", "/docs/json", "/docs/assets/swagger-ui.css", "/uploads", "/auth/me"];
  for (const path of [...paths, `/upload/${opened.upload_id}/status`, `/upload/${opened.upload_id}/events`]) {
    const head = await ask("HEAD", path, client.token);
    expect(`${path} ${head.status} ${(await head.bytes()).length}`).toBe(`${path} 200 0`);
    const get = await ask("GET", path, client.token);
    await get.body?.cancel();
    for (const name of ["content-type", "cache-control"]) expect(head.headers.get(name)).toBe(get.headers.get(name));
  }
  for (const path of ["/uploads", "/auth/me", "/admin/nothing"]) expect((await ask("HEAD", path)).status).toBe(401);
  expect((await ask("HEAD", "/nothing")).status).toBe(404);
  const { paths: documented } = (await (await ask("GET", "/docs/json")).json()) as { paths: Record<string, object> };
  expect(Object.values(documented).filter((operations) => "head" in operations)).toEqual([]);
});

test("nothing that holds a token or a patient may be kept on the way; the documentation's parts may", async () => {
  const opened = await client.init(oneFile(10));
  const upload = `/upload/${opened.upload_id}`;
  for (const path of ["/uploads", "/auth/me", "/auth/sessions", `${upload}/status`, `${upload}/events`, "/health"]) {
    const answer = await ask("GET", path, client.token);
    await answer.body?.cancel();
    expect(`${path} ${answer.headers.get("cache-control")}`).toBe(`${path} no-store`);
  }
  const fresh = await ask("POST", `${upload}/token`, client.token);
  expect(fresh.headers.get("cache-control")).toBe("no-store");
  const init = await client.request("POST", "/upload/init", { body: oneFile(10) });
  expect([init.status, init.headers.get("cache-control")]).toEqual([201, "no-store"]);
  const login = await ask("POST", "/auth/login");
  expect([login.status, login.headers.get("cache-control")]).toEqual([400, "no-store"]);
  const asset = await ask("GET", "/docs/assets/swagger-ui.css");
  expect(asset.headers.get("cache-control")).toContain("max-age");
});

test("a parameter given twice is refused, however it is written", async () => {
  const opened = await client.init(undeclared(1, 10));
  const url = `${box.url}/upload/${opened.upload_id}/chunk?file_id=a&chunk_index=0`;
  for (const more of ["&name=a&name=b", "&name=a&n%61me=b", "&chunk_index=1", "&file_id=a"]) {
    const answer = await fetch(url + more, {
      method: "PUT",
      headers: { authorization: `Bearer ${opened.upload_token}` },
      body: pattern(10) as Uint8Array<ArrayBuffer>,
    });
    const problem = await problemOf(answer, 422, "invalid_request");
    expect(problem.errors?.[0]?.message).toBe("is given more than once");
  }
  expect((await client.status(opened.upload_id)).files).toEqual([]);
  expect((await put(box, opened, { file_id: "a", chunk_index: 0, name: "a" }, pattern(10))).status).toBe(200);
  await problemOf(await ask("GET", "/uploads?state=failed&state=expired", client.token), 422, "invalid_request");
});
