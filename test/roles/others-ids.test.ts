import { afterAll, beforeAll, expect, test } from "bun:test";
import { access } from "../../src/http/access.ts";
import { type Box, startBox } from "../support/box.ts";
import type { Client, Opened } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { newUser, oneFile } from "../upload/api.ts";

let box: Box;
let owner: Client;
let receiving: Opened;
let before: string;
/** What A owns, by the path below which it is asked for. */
const ids = new Map<string, string[]>();

/** Everything of A that could have been changed. */
const ownersView = async () =>
  JSON.stringify(
    await Promise.all(
      ["/uploads", "/auth/sessions", "/invitations"].map(async (path) => (await owner.request("GET", path)).json()),
    ),
  ).replace(/"last_used_at":"[^"]*"/g, "");

beforeAll(async () => {
  box = await startBox('[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"');
  owner = await newUser(box, "owner-a", "radiographer");
  receiving = await owner.init(oneFile(10));
  const sent = await owner.send([{ name: "a.dcm", bytes: madeBytes({ study: "2.25.10", sop: "2.25.10.1" }) }]);
  const { sessions } = (await (await owner.request("GET", "/auth/sessions")).json()) as {
    sessions: { session_id: string }[];
  };
  const made = (await (await owner.request("POST", "/invitations", { body: {} })).json()) as { invitation_id: string };
  ids.set("/upload", [receiving.upload_id, sent.upload_id]);
  ids.set("/receipts", [sent.pacs_receipt_id ?? ""]);
  ids.set("/auth/sessions", [sessions[0]?.session_id ?? ""]);
  ids.set("/invitations", [made.invitation_id]);
  before = await ownersView();
}, 30_000);
afterAll(() => box.stop());

/** Routes with somebody's id in them; below /admin and /studies the role alone decides (matrix.test.ts). */
const routes = Object.entries(access).filter(
  ([route, { token }]) => route.includes("/:") && token !== "upload" && !/ \/(admin|studies)\//.test(route),
);

/** @returns the whole answer but for what is new in each */
async function told(route: string, id: string, token: string): Promise<string> {
  const [method = "", template = ""] = route.split(" ");
  const path = template.replace(":study_instance_uid", "2.25.10").replace(/:\w+/, id);
  const body = method === "POST" ? { body: JSON.stringify({ reason: "x" }) } : {};
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(box.url + path, { method, headers, ...body, signal: AbortSignal.timeout(10_000) });
  return `${answer.status} ${(await answer.text()).replace(/"request_id":"[^"]*"/, "")}`;
}

/** Others who may use the route as such, for what is theirs. */
const strangers: [string, () => Promise<string>][] = [
  ["a clinician", async () => (await newUser(box, "b-clinician", "clinician")).token],
  ["a radiographer", async () => (await newUser(box, "b-radiographer", "radiographer")).token],
  [
    "a QR guest, whom another invited",
    async () => {
      const host = await newUser(box, "b-host", "radiographer");
      const ask = async (path: string, body: object, token: string | null) =>
        (await (await host.request("POST", path, { body, token })).json()) as {
          payload: { upload_token: string };
          access_token: string;
        };
      const { payload } = await ask("/invitations", {}, host.token);
      const { access_token: token } = await ask("/invitations/redeem", { upload_token: payload.upload_token }, null);
      await ask("/upload/init", oneFile(10), token);
      return token;
    },
  ],
  [
    "another upload's own token",
    async () => (await (await newUser(box, "b-sender", "clinician")).init(oneFile(10))).upload_token,
  ],
];

test("every route with an id is one that this test knows", () => {
  const unknown = routes.filter(([route]) => ![...ids.keys()].some((path) => route.includes(` ${path}/:`)));
  expect(unknown.map(([route]) => route)).toEqual([]);
  expect(routes.length).toBeGreaterThan(10);
});

test.each(strangers)(
  "T10: %s learns nothing by A's ids and changes nothing, on every verb",
  async (_who, signedIn) => {
    const token = await signedIn();
    for (const [route] of routes) {
      const [, mine = []] = [...ids].find(([path]) => route.includes(` ${path}/:`)) ?? [];
      const none = await told(route, crypto.randomUUID(), token);
      expect(none).toMatch(/^(401|403|404|422) /);
      for (const id of mine) expect(`${route} ${await told(route, id, token)}`).toBe(`${route} ${none}`);
    }
    expect(await ownersView()).toBe(before);
    expect((await owner.status(receiving.upload_id)).state).toBe("receiving");
  },
  30_000,
);
