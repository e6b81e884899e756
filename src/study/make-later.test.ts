import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import type { Config } from "../core/config-schema.ts";
import { encoderPid, madeJpeg } from "../dicom/image-made.ts";
import { openTestBox } from "../forward/test-box.ts";
import { createSpool } from "../upload/spool.ts";
import { identityFrom } from "./identity.ts";
import { makeLater } from "./make-later.ts";

setDefaultTimeout(60_000);
const box = openTestBox();
afterAll(() => box.close());

test("a picture that waits is not lost where memory is short, or the box stops, while it is made", async () => {
  const id = box.upload("needs_confirmation");
  const spool = createSpool(box.folder, () => 0);
  mkdirSync(spool.folder(id), { recursive: true });
  const small = await madeJpeg(160, 130);
  const large = await new Bun.Image(small).resize(1600, 1300).jpeg({ progressive: true }).buffer();
  await Bun.write(spool.path(id, "photo"), large);
  const deps = {
    db: box.db,
    spool,
    config: () => ({ ...box.config, site_name: "Test" }) as Config,
    hashKey: new Uint8Array(32),
    now: box.now,
  };
  const pictures = [{ kind: "jpeg" as const, path: "photo", fileName: "photo.jpg", sha256: "ab" }];
  const identity = identityFrom({ patient_id: "P-1", patient_name: "DOE^JANE" }, "2.25.1");
  const plan = { identity, modalities: [], images: 0, pictures, notes: null, tags: null };
  let recorded = 0;
  const make = () =>
    makeLater(deps, box.uploadRow(id), plan, "routine", (_, made) => {
      recorded += made.length;
    });
  for (const [signal, code] of [
    ["SIGKILL", "service_unavailable"],
    ["SIGTERM", undefined],
  ] as const) {
    const outcome = make().then(
      () => null,
      (error: { code?: string }) => error,
    );
    process.kill(await encoderPid(), signal);
    expect(await outcome).toBeInstanceOf(Error);
    expect((await outcome)?.code).toBe(code);
    expect(recorded).toBe(0);
    expect(readdirSync(spool.path(id, "made"))).toEqual([]);
  }
  await make();
  expect(recorded).toBe(1);
  expect(existsSync(spool.path(id, "photo"))).toBe(true);
});
