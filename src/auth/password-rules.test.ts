import { expect, test } from "bun:test";
import { requireGoodPassword } from "./password-rules.ts";

test.each([
  ["short", "elevenchars", "anna", "at least 12"],
  ["twelve signs of two units each", "🙂".repeat(11), "anna", "at least 12"],
  ["long", `${"abcdefgh".repeat(16)}x`, "anna", "at most 128"],
  ["among the commonest", "password1234", "anna", "commonest"],
  ["among the commonest, in capitals", "QWERTY123456", "anna", "commonest"],
  ["one character", "aaaaaaaaaaaa", "anna", "commonest"],
  ["three characters", "12a12a12a12a12a", "anna", "commonest"],
  ["digits in order", "123456789012", "anna", "commonest"],
  ["a walk over the keyboard", "1q2w3e4r5t6y", "anna", "commonest"],
  ["a common word with a year", "Welcome2024!", "anna", "commonest"],
  ["a common word twice", "PasswordPassword", "anna", "commonest"],
  ["a common word with a number, twice", "summer12summer12", "anna", "commonest"],
  ["the house", "Radiology2026!", "anna", "commonest"],
  ["the user name", "Johanna.Meierlein", "johanna.meierlein", "user name"],
])("refused: %s", (_, password, username, words) => {
  expect(() => requireGoodPassword(password, username)).toThrow(words);
});

test.each([
  ["a phrase", "correct horse battery", "anna"],
  ["twelve characters", "k3J-pq9_wwXe", "anna"],
  ["a short word among many digits", "test8837!9926", "anna"],
  ["128 characters", "mountain-lamp+kiwi*7".repeat(7).slice(0, 128), "anna"],
])("taken: %s", (_, password, username) => {
  requireGoodPassword(password, username);
});
