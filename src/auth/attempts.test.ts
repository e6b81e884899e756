import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RelayError } from "../core/errors.ts";
import { type Database, openDatabase } from "../db/database.ts";
import { type Attempts, createAttempts } from "./attempts.ts";

let folder: string;
let db: Database;
let time: number;
let attempts: Attempts;
const minute = 60_000;
const made = () => createAttempts({ db, hashKey: new Uint8Array(32), perMinute: () => 10, now: () => time });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relaypacs-attempts-"));
  db = openDatabase(folder);
  time = 1_000_000;
  attempts = made();
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

/** Seconds to wait; 0 where the guess was let through. */
function guess(subject: string, network: string): number {
  try {
    attempts.knock(network);
    attempts.begin({ subject, network });
    return 0;
  } catch (error) {
    if (error instanceof RelayError && error.code === "too_many_attempts") return error.details.retryAfterSeconds ?? -1;
    throw error;
  }
}
function signIn(subject: string, network: string): void {
  expect(guess(subject, network)).toBe(0);
  attempts.succeed(network, [{ subject, network }]);
}
/** How many of so many guesses were let through. */
const evaluated = (count: number, each: (n: number) => number) =>
  Array.from({ length: count }, (_, n) => each(n)).filter((wait) => wait === 0).length;

test("1 000 guesses from one network: 10 are looked at, and the owner gets in from another (T1)", () => {
  expect(evaluated(1000, () => guess("anna", "10.0.0.9"))).toBe(10);
  expect(guess("anna", "10.0.0.1")).toBe(0);
});

test("100 guesses from 100 networks: 20 are looked at; where the owner has signed in before, the owner still does", () => {
  signIn("anna", "10.0.0.1");
  expect(evaluated(100, (n) => guess("anna", `192.0.2.${n}`))).toBe(20);
  expect(guess("anna", "10.0.0.1")).toBe(0);
  expect(guess("anna", "10.0.0.2")).toBeGreaterThan(0);
});

test("a patient guesser gets 20 guesses in the first hour, and nobody ever waits for more than 15 minutes", () => {
  let through = 0;
  for (const end = time + 60 * minute; time < end; time += minute / 2) {
    const wait = guess("anna", "10.0.0.9");
    expect(wait).toBeLessThanOrEqual(15 * 60);
    if (wait === 0) through += 1;
  }
  expect(through).toBeLessThanOrEqual(20);
  expect(guess("anna", "10.0.0.1")).toBe(0);
});

test("a network has so many failures a minute, whatever the names; what is right does not count", () => {
  for (let n = 0; n < 50; n++) {
    signIn(`ward ${n % 5}`, "10.0.0.7");
  }
  expect(evaluated(100, (n) => guess(`name ${n}`, "10.0.0.7"))).toBe(10);
  expect(() => attempts.knock("10.0.0.7")).toThrow("sign-ins");
  time += minute;
  attempts.knock("10.0.0.7");
  expect(guess("name", "10.0.0.7")).toBe(0);
});

test("a restart forgives nothing, and neither names nor addresses are on record", () => {
  for (let n = 0; n < 10; n++) guess("anna", "10.0.0.9");
  attempts = made();
  expect(guess("anna", "10.0.0.9")).toBeGreaterThan(0);
  db.checkpoint();
  const rows = JSON.stringify(db.sqlite.query("SELECT * FROM sign_in_count").all());
  expect(rows).not.toMatch(/anna|10\.0\.0/);
});

test("what is over is removed", () => {
  for (let n = 0; n < 20; n++) guess(`name ${n}`, `10.0.1.${n}`);
  time += 24 * 60 * minute;
  guess("anna", "10.0.0.9");
  expect(db.sqlite.query("SELECT count(*) AS n FROM sign_in_count").get()).toEqual({ n: 3 });
});
