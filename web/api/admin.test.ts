import { expect, test } from "bun:test";
import { createAdministration, type TestStep } from "./admin.ts";
import { type Api, type CallOptions, createApi } from "./http.ts";

/** The box's answer, whatever is asked. */
function answering(text: string, asked: string[] = []): Api {
  async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    asked.push(`${method} ${path}`);
    return (await options.read?.(new Response(text))) as T;
  }
  return { ...createApi(), call };
}
const step: TestStep = { name: "Port", ok: true, detail: "open" };
const line = (value: unknown) => `${JSON.stringify(value)}\n`;

test("a test tells each step, and at its end how it went", async () => {
  const told: TestStep[] = [];
  const asked: string[] = [];
  const whole = line(step) + line({ destination_id: "a b", ok: true });
  expect(await createAdministration(answering(whole, asked)).test("a b", true, (one) => told.push(one))).toBe(true);
  expect(told).toEqual([step]);
  expect(asked).toEqual(["POST /admin/destinations/a%20b/test?store=true"]);
});

test("one whose end is missing was cut, and is not taken for good", () => {
  const cut = createAdministration(answering(line(step))).test("a", false, () => undefined);
  expect(cut).rejects.toMatchObject({ code: "network" });
});
