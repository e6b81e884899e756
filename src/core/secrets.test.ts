import { expect, test } from "bun:test";
import { readSecret } from "./secrets.ts";

const files = (texts: Record<string, string>) => (path: string) => {
  const text = texts[path];
  if (text === undefined) throw new Error("absent");
  return text;
};

test("a text is itself", () => expect(readSecret(" as it is\n", {})).toBe(" as it is\n"));
test("one line end of a file is not part of the secret", () => {
  expect(readSecret({ file: "f" }, {}, files({ f: "a b \n" }))).toBe("a b ");
  expect(readSecret({ file: "f" }, {}, files({ f: "ab\r\n" }))).toBe("ab");
});
test("a variable", () => expect(readSecret({ env: "X" }, { X: "v" })).toBe("v"));
test("what is missing or empty is told by its name", () => {
  expect(() => readSecret({ env: "X" }, {})).toThrow("the environment variable X is not set");
  expect(() => readSecret({ env: "X" }, { X: "" })).toThrow("X is not set");
  expect(() => readSecret({ file: "f" }, {}, files({}))).toThrow("the file f cannot be read");
  expect(() => readSecret({ file: "f" }, {}, files({ f: "\n" }))).toThrow("the file f is empty");
});
