import { expect, test } from "bun:test";
import { OpenRequests } from "./open-requests.ts";

test("one user's open requests are bounded, others' are not touched by that; an ended one makes room", () => {
  const open = new OpenRequests(2, 10);
  const end = open.begin("a");
  open.begin("a");
  expect(() => open.begin("a")).toThrow(expect.objectContaining({ code: "too_many_requests" }));
  open.begin("b");
  end();
  open.begin("a");
  expect(() => open.begin("a")).toThrow(expect.objectContaining({ code: "too_many_requests" }));
});

test("all together are bounded", () => {
  const open = new OpenRequests(2, 3);
  const ends = ["a", "b", "c"].map((user) => open.begin(user));
  const refused = expect.objectContaining({ code: "service_unavailable", details: { retryAfterSeconds: 2 } });
  expect(() => open.begin("d")).toThrow(refused);
  for (const end of ends) end();
  for (const user of ["d", "e", "f"]) open.begin(user);
});
