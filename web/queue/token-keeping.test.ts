import { expect, test } from "bun:test";
import { Entry } from "./entry.ts";
import { freshProgress, manifestOfDone, type Progress } from "./record.ts";
import { endingSoon } from "./token-keeping.ts";

const now = Date.parse("2026-11-21T14:00:00Z");
const minutes = (count: number) => now + count * 60_000;
function entry(id: string, over: Partial<Progress>): Entry {
  const manifest = manifestOfDone({
    id,
    userId: "u",
    createdAt: now,
    serviceLevel: "routine",
    modalities: [],
    imageCount: 1,
    totalBytes: 1,
    progress: freshProgress,
  });
  return new Entry(manifest, { ...freshProgress, uploadId: "x", token: "t", tokenExpiresAt: minutes(10), ...over });
}

test("only the token of what still waits, and ends soon, is renewed", () => {
  const busy = entry("busy", {});
  busy.uploading = true; // renews it by itself
  const entries = [
    entry("waits", {}),
    entry("paused", { state: "paused" }),
    entry("long", { tokenExpiresAt: minutes(40) }),
    entry("over", { tokenExpiresAt: minutes(-1) }),
    entry("done", { state: "done" }),
    entry("unopened", { uploadId: null }),
    busy,
  ];
  expect(endingSoon(entries, now).map(({ id }) => id)).toEqual(["waits", "paused"]);
});
