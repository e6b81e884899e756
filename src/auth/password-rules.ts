import { createHash } from "node:crypto";
import { RelayError } from "../core/errors.ts";
import list from "./common-passwords.txt" with { type: "text" };

/** Length says more than kinds of signs (NIST SP 800-63B 5.1.1.2); the upper end bounds what is hashed. */
export const shortestPassword = 12;
export const longestPassword = 128;

/** A password without the digits and signs before and behind its words. */
export const bareWord = (password: string): string => password.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, "");

/** The first four bytes of SHA-256 of each: common-passwords.md says of what. */
let common: Set<number> | undefined;
function isListed(text: string): boolean {
  if (!common) {
    const bytes = Buffer.from(list, "base64");
    common = new Set(Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32BE(4 * index)));
  }
  return common.has(createHash("sha256").update(text).digest().readUInt32BE(0));
}

/** One of the list; up to three characters again and again; or a common word, repeated or with no more digits and signs around it than it has letters. */
function isCommon(password: string): boolean {
  const text = password.toLowerCase();
  const unit = /^(.+?)\1+$/su.exec(text)?.[1] ?? text;
  if ([...unit].length <= 3) return true;
  const word = bareWord(unit);
  return isListed(text) || isListed(unit) || (2 * word.length >= unit.length && isListed(word));
}

const unfit = (message: string) =>
  new RelayError("password_unfit", `${message}.`, { errors: [{ path: "password", message }] });

/** @throws RelayError password_unfit: too short, too long, the user name itself, or among the commonest */
export function requireGoodPassword(password: string, username: string): void {
  const { length } = [...password];
  if (length < shortestPassword) throw unfit(`The password must have at least ${shortestPassword} characters`);
  if (length > longestPassword) throw unfit(`The password must have at most ${longestPassword} characters`);
  if (password.toLowerCase() === username.toLowerCase()) throw unfit("The password must not be the user name");
  if (isCommon(password)) throw unfit("This password is one of the commonest, which everybody who guesses tries");
}
