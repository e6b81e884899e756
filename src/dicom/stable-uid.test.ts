import { expect, test } from "bun:test";
import { stableUid } from "./stable-uid.ts";
import { uidForm } from "./uid.ts";

const key = Buffer.from("a box's own key");
const siteRoot = "1.2.826.0.1.3680043.8.49";

test("the same key and parts give the same UID, others another", () => {
  const uid = stableUid("2.25", key, "upload", "picture.jpg");
  expect(stableUid("2.25", key, "upload", "picture.jpg")).toBe(uid);
  const others = [
    stableUid("2.25", Buffer.from("another key"), "upload", "picture.jpg"),
    stableUid("2.25", key, "uploadp", "icture.jpg"),
    stableUid("2.25", key, "upload", "picture.jpg", ""),
    stableUid("2.25", key, "upload", "picture.jpeg"),
  ];
  expect(new Set([uid, ...others]).size).toBe(5);
});

test("every one is a regular UID of at most 64 characters", () => {
  for (const root of ["2.25", siteRoot])
    for (let part = 0; part < 2000; part++) {
      const uid = stableUid(root, key, String(part));
      expect(uid.length).toBeLessThanOrEqual(64);
      expect(uidForm(uid)).toBe("regular");
      expect(uid.startsWith(`${root}.`)).toBe(true);
    }
});

test("under 2.25 it is a UUID of version 8 (RFC 9562 5.8)", () => {
  const hex = BigInt(stableUid("2.25", key, "x").slice(5))
    .toString(16)
    .padStart(32, "0");
  expect(hex).toMatch(/^.{12}8.{3}[89ab].{15}$/);
});

test("what is no root is refused", () => {
  for (const root of ["", "2", "2.025", "2.25.", "3.1", "1.2.x", `${siteRoot}1`])
    expect(() => stableUid(root, key, "x")).toThrow(RangeError);
});
