import { expect, test } from "bun:test";
import { ApiError } from "../api/problem.ts";
import { wrongOf } from "./wrong-fields.ts";

const wrong = (...errors: unknown[]) =>
  wrongOf(new ApiError("invalid_request", "", 422, null, null, { errors }), ["to", "url", "auth.password", "headers"]);

test("what the box says of a field stands there; what no field shows stands with its name", () => {
  expect(
    wrong({ path: "url", message: "is wrong" }, { path: "auth.password", message: "must be given again" }),
  ).toEqual({
    url: "is wrong",
    "auth.password": "must be given again",
  });
  expect(wrong({ path: "to[0]", message: "a" }, { path: "to[1]", message: "b" })).toEqual({ to: "a; b" });
  expect(wrong({ path: "headers.X-Key", message: "is empty" })).toEqual({ headers: "is empty" });
  expect(wrong({ path: "batch_bytes", message: "is wrong" }, { path: "", message: "is too much" })).toEqual({
    "": "batch_bytes: is wrong; is too much",
  });
});

test("an answer that names none is told as a whole", () =>
  expect(wrongOf(new ApiError("x", "", 409), ["url"])).toEqual({}));
