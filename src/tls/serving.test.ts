import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../core/config-schema.ts";
import { openServing, servingFaults } from "./serving.ts";

const folder = mkdtempSync(join(tmpdir(), "relaypacs-serving-"));
afterAll(() => rmSync(folder, { recursive: true }));
const day = 86_400_000;
const configOf = (public_url: string) =>
  ({ listen: "0.0.0.0:8443", public_url, data_dir: folder, tls: { mode: "auto" } }) as unknown as Config;

test("bound anew only when another certificate is there: by a new address, or by age", async () => {
  let machine = { hostname: "relay", fqdn: "", addresses: ["10.0.0.1"] };
  let now = Date.UTC(2026, 0, 1);
  const serving = await openServing({ config: () => configOf(""), machine: async () => machine, now: () => now });
  const first = serving.pair?.cert;
  expect(await serving.refresh()).toBe(false);

  machine = { ...machine, addresses: ["10.0.0.1", "10.0.0.2"] };
  expect(await serving.refresh()).toBe(true);
  const second = serving.pair?.cert;
  expect(second).not.toBe(first);
  expect(serving.own?.names.addresses).toContain("10.0.0.2");

  now += 260 * day;
  expect(await serving.refresh()).toBe(false);
  now += 10 * day;
  expect(await serving.refresh()).toBe(true);
  expect(serving.pair?.cert).not.toBe(second);
  expect(await servingFaults(serving, configOf(""), now)).toEqual([]);
});

test("a public name that the authority was not made for is told with what helps", async () => {
  const config = configOf("https://elsewhere.example");
  const machine = async () => ({ hostname: "relay", fqdn: "", addresses: ["10.0.0.1"] });
  const serving = await openServing({ config: () => config, machine });
  const faults = await servingFaults(serving, config);
  expect(faults.map(({ words }) => words).join()).toContain("not made for elsewhere.example");
  expect(faults[0]?.fix).toContain("/trust");
});
