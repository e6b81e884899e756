import { expect, test } from "bun:test";
import { day, duration, fromField, parseDay, personName, rate, size, toField } from "./format.ts";
import { parseRoute } from "./router.ts";

test("names, dates and amounts read as people write them", () => {
  expect(personName("DOE^JANE^ANN^DR")).toBe("DOE, JANE ANN");
  expect(personName("Yamada^Tarou=山田^太郎=やまだ^たろう")).toBe("Yamada, Tarou · 山田, 太郎 · やまだ, たろう");
  expect(personName("^^")).toBe("");
  expect(day("19610204")).toBe("Feb 4, 1961");
  expect(day("about 1961")).toBe("about 1961");
  expect(parseDay("20260231")).toBeNull();
  expect(size(610_000_000)).toBe("610 MB");
  expect(size(1_200_000_000)).toBe("1.2 GB");
  expect(rate(400_000)).toBe("400 kbps");
  expect(rate(1_600_000)).toBe("1.6 Mbps");
  expect(duration(40)).toBe("40 sec");
  expect(duration(7200)).toBe("2 hr");
  expect(duration(3 * 86_400)).toBe("3 days");
});

test("a date goes through its field unchanged", () => {
  expect(toField("19610204")).toBe("1961-02-04");
  expect(fromField(toField("19610204"))).toBe("19610204");
});

test("a route is one of the pages and at most a study's id of this device", () => {
  expect(parseRoute("#/confirm/0b9c-1")).toEqual({ page: "confirm", id: "0b9c-1" });
  expect(parseRoute("#/send?shared")).toEqual({ page: "send", id: "" });
  expect(parseRoute("#/progress/<img>")).toEqual({ page: "progress", id: "" });
  expect(parseRoute("#/nowhere")).toEqual({ page: "send", id: "" });
  expect(parseRoute("")).toEqual({ page: "send", id: "" });
});
