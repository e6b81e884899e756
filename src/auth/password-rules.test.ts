import { expect, test } from "bun:test";
import { requireGoodPassword } from "./password-rules.ts";

test.each([
  ["short", "elevenchars", "anna", "at least 12"],
  ["twelve signs of two units each", "🙂".repeat(11), "anna", "at least 12"],
  ["long", `${"abcdefgh".repeat(16)}x`, "anna", "at most 128"],
  ["among the commonest", "password1234", "anna", "commonest"],
  ["among the commonest, in capitals", "QWERTY123456", "anna", "commonest"],
  ["one character", "aaaaaaaaaaaa", "anna", "commonest"],
  ["the user name", "Johanna.Meierlein", "johanna.meierlein", "user name"],
])("refused: %s", (_, password, username, words) => {
  expect(() => requireGoodPassword(password, username)).toThrow(words);
});

test.each([
  ["a phrase", "correct horse battery", "anna"],
  ["twelve characters", "k3J-pq9_wwXe", "anna"],
  ["128 characters", "abcdefgh".repeat(16), "anna"],
])("taken: %s", (_, password, username) => {
  requireGoodPassword(password, username);
});
