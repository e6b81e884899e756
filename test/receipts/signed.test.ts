import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../cli/binary.ts";
import { type Box, startBox } from "../support/box.ts";
import { chromium, startBrowser } from "../support/browser.ts";
import type { Client } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";

setDefaultTimeout(60_000);
let box: Box;
let sender: Client;
let receiptId: string;
let folder: string;
const study = "2.25.7780000000000000000000000000000000001";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-receipts-"));
  box = await startBox('[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"', {
    top: 'site_name = "Radiologie <Süd>"',
  });
  sender = await box.client();
  const files = Array.from({ length: 60 }, (_, index) => ({
    name: `${index}.dcm`,
    bytes: madeBytes({ study, series: `${study}.1`, sop: `${study}.1.${index + 1}` }),
  }));
  receiptId = (await sender.send(files)).pacs_receipt_id ?? "";
});
afterAll(async () => {
  await box.stop();
  rmSync(folder, { recursive: true, force: true });
});

const file = (content: unknown): string => {
  const path = join(folder, `${crypto.randomUUID()}.json`);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
};
const page = () => sender.request("GET", `/receipts/${receiptId}`, { headers: { accept: "text/html,*/*;q=0.8" } });

test("a receipt is verified offline by its own box, by the fingerprint elsewhere, and not by another box", async () => {
  const receipt = await sender.receipt(receiptId);
  expect(receipt).toMatchObject({ receipt_id: receiptId, site_name: "Radiologie <Süd>" });
  const key = JSON.parse((await run(["receipt", "key", "--json", "--config", box.configFile])).stdout);
  expect(receipt.signature).toMatchObject({ fingerprint: key.fingerprint, public_key: key.public_key });
  const whole = file(receipt);
  const own = await run(["receipt", "verify", whole, "--config", box.configFile]);
  expect([own.code, own.stdout, own.stderr]).toEqual([0, `ok: unchanged, signed by ${key.fingerprint}\n`, ""]);
  const away = join(folder, "away.toml");
  writeFileSync(away, `data_dir = "${join(folder, "nothing")}"\nlisten = "127.0.0.1:0"\ntls.mode = "off"\n`);
  const elsewhere = await run(["receipt", "verify", whole, "--config", away]);
  expect(elsewhere.code).toBe(0);
  expect(elsewhere.stderr).toContain("was not compared");
  const named = ["receipt", "verify", whole, "--config", away, "--fingerprint"];
  expect((await run([...named, key.fingerprint])).code).toBe(0);
  const other = await run([...named, `SHA256:${"A".repeat(43)}`]);
  expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("another key signed it")]);
});

test("a receipt that was changed is none; a file that is none is a wrong use", async () => {
  const receipt = await sender.receipt(receiptId);
  const text = JSON.stringify(receipt);
  for (const changed of [
    text.replace('"verified_by":"query"', '"verified_by":"peer"'),
    text.replace('"destination_id":"folder"', '"destination_id":"fOlder"'),
    text.replace(/"created_at":"20/, '"created_at":"21'),
    text.replace(`${study}.1.7"`, `${study}.1.70"`),
    JSON.stringify({ ...receipt, note: "" }),
  ]) {
    expect(changed).not.toBe(text);
    const { code, stderr } = await run(["receipt", "verify", file(changed), "--config", box.configFile]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("was changed")]);
  }
  expect((await run(["receipt", "verify", join(folder, "gone.json")])).code).toBe(2);
  expect((await run(["receipt", "verify", file(await (await page()).text())])).code).toBe(2);
});

test("the receipt stays the same, and its key outlives the rotation of those for tokens", async () => {
  const before = await sender.receipt(receiptId);
  expect((await run(["key", "rotate", "--config", box.configFile])).code).toBe(0);
  expect(await sender.receipt(receiptId)).toEqual(before);
});

test("as a page it shows all of it, runs nothing, and stays behind the sign-in", async () => {
  const answer = await page();
  expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(answer.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; /);
  const html = await answer.text();
  expect(html).toContain("Radiologie &#60;Süd&#62;");
  expect(html).not.toMatch(/<script|MADE|Made\^Up/);
  const { signature } = (await sender.receipt(receiptId)) as { signature: { fingerprint: string; jws: string } };
  for (const shown of [receiptId, study, `${study}.1.60`, signature.fingerprint, signature.jws])
    expect(html).toContain(shown);
  const stranger = await sender.request("GET", `/receipts/${receiptId}`, {
    token: null,
    headers: { accept: "text/html" },
  });
  expect(stranger.status).toBe(401);
});

if (chromium !== null)
  test("on A4 nothing sticks out, and the head of the table stands on every page", async () => {
    const path = join(folder, "receipt.html");
    writeFileSync(path, await (await page()).text());
    const browser = await startBrowser({ viewport: { width: 680, height: 1000 } }); // 180 mm at 96 dpi
    try {
      await browser.page.goto(`file://${path}`);
      await browser.page.emulateMedia({ media: "print" });
      const [wide, inner] = await browser.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      expect(wide).toBeLessThanOrEqual(inner ?? 0);
      const cut = await browser.page.evaluate(
        () => [...document.querySelectorAll("td, dd")].filter((cell) => cell.scrollWidth > cell.clientWidth).length,
      );
      expect(cut).toBe(0);
      const pdf = join(folder, "receipt.pdf");
      await browser.page.pdf({ path: pdf, preferCSSPageSize: true });
      const bytes = readFileSync(pdf, "latin1");
      expect(bytes).toMatch(/\/MediaBox\s*\[\s*0 0 59[45](\.\d+)? 84[12](\.\d+)?\s*\]/); // 210 × 297 mm in points
      expect([...bytes.matchAll(/\/Type\s*\/Page\b/g)].length).toBeGreaterThan(1);
    } finally {
      await browser.stop();
    }
  });
