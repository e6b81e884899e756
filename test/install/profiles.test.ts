import { afterAll, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadConfig } from "../../src/core/config.ts";
import { testCertificate } from "../support/test-certificates.ts";

const folder = join(import.meta.dir, "../../packaging/profiles");
const etc = mkdtempSync(join(tmpdir(), "relaypacs-profiles-"));
const certificate = testCertificate(etc);
afterAll(() => rmSync(etc, { recursive: true }));

/** The profile over a folder in which every file that it names is there. */
function profile(name: string) {
  const text = readFileSync(join(folder, `${name}.toml`), "utf8").replaceAll("/etc/relaypacs", etc);
  for (const [, named = ""] of text.matchAll(/"(\/[^"]+)"/g)) {
    mkdirSync(dirname(named), { recursive: true });
    const made = named.endsWith(".key") ? certificate?.keyFile : certificate?.certFile;
    if (named.includes("/tls/")) copyFileSync(made ?? "", named);
    else writeFileSync(named, "a secret");
  }
  const file = join(etc, `${name}.toml`);
  writeFileSync(file, text);
  return loadConfig({ file, env: {} });
}

test.each(["development", "staging", "production"])("%s is a configuration that serve and doctor take", (name) => {
  expect(profile(name).destination.length).toBeGreaterThan(0);
});
test("there is no other profile", () => expect(readdirSync(folder)).toHaveLength(3));

test("beyond loopback everything is encrypted, and administrators need their second factor", () => {
  for (const name of ["staging", "production"]) {
    const { tls, auth, public_url } = profile(name);
    expect([tls.mode === "off", auth.require_totp_for.includes("admin")]).toEqual([false, true]);
    expect(public_url).toStartWith("https://");
  }
  expect(profile("development").listen).toStartWith("127.0.0.1:");
});
