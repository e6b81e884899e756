import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type Box, startBox } from "../support/box.ts";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";
import { until } from "../support/child.ts";

/** The box, by way of a server that can change its service worker as a newer version would and answer nothing at all. */
async function startFront(box: Box) {
  const state = { version: "", down: false };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      if (state.down) return new Response("", { status: 502 });
      const { pathname, search } = new URL(request.url);
      const answer = await fetch(box.url + pathname + search, {
        method: request.method,
        headers: { "accept-encoding": "identity" },
        ...(request.method === "GET" ? {} : { body: await request.arrayBuffer() }),
        redirect: "manual",
      });
      if (pathname !== "/sw.js") return answer;
      return new Response(`${await answer.text()}\n// ${state.version}`, { headers: answer.headers });
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, state, stop: () => server.stop(true) };
}

/** The first screen of whoever is not signed in, by the name it has for assistive technology. */
const signInIsThere = ({ page }: Browser) => page.getByRole("textbox", { name: "Username" }).waitFor();

if (chromium !== null)
  describe("the app's shell in Chromium", () => {
    let box: Box;
    let front: Awaited<ReturnType<typeof startFront>>;
    let browser: Browser;
    beforeAll(async () => {
      box = await startBox();
      front = await startFront(box);
    });
    afterAll(async () => {
      await front.stop();
      await box.stop();
    });
    beforeEach(async () => {
      browser = await startBrowser();
    }, 40_000);
    afterEach(() => browser.stop());

    /** Waits until the service worker has everything and controls the next page. */
    const installed = () =>
      until("the service worker to be there", () =>
        browser.page.evaluate(
          async () => (await navigator.serviceWorker.getRegistration())?.active?.state === "activated",
        ),
      );
    const shellIsThere = () => signInIsThere(browser);

    test("the first visit obeys its policy and stays below 70 kB gzip; without a network it opens again, also after a kill", async () => {
      await browser.page.goto(box.url);
      await shellIsThere();
      const bytes = await browser.page.evaluate(() =>
        [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map((it) => {
          const { name, encodedBodySize } = it as PerformanceResourceTiming;
          return [new URL(name).pathname, encodedBodySize] as const;
        }),
      );
      const sum = (pattern: RegExp) => bytes.reduce((all, [name, size]) => all + (pattern.test(name) ? size : 0), 0);
      expect(sum(/./)).toBeGreaterThan(1000);
      expect(sum(/^\/(assets\/.*|)$/)).toBeLessThan(70_000);
      expect(sum(/\.js$/)).toBeLessThan(60_000);
      expect(browser.complaints).toEqual([]);
      await installed();
      await browser.kill();
      await browser.start();
      await browser.offline(true);
      await browser.page.goto(`${box.url}/#/activity`);
      await shellIsThere();
    }, 60_000);

    test("no answer of the interface is kept; the page's own parts are", async () => {
      await browser.page.goto(box.url);
      await installed();
      await browser.page.reload();
      await browser.page.evaluate(() => Promise.all(["/health", "/docs/json", "/auth/me"].map((path) => fetch(path))));
      const kept = await browser.page.evaluate(async () => {
        const names = await caches.keys();
        const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
        return requests.flat().map(({ url }) => new URL(url).pathname);
      });
      expect(kept.length).toBeGreaterThan(5);
      expect(kept.filter((path) => !/^\/(assets\/|icons\/|index\.html$|manifest\.webmanifest$)/.test(path))).toEqual(
        [],
      );
    }, 60_000);

    test("a newer version waits until it is asked in; the page is never reloaded by itself", async () => {
      const { page } = browser;
      await page.goto(front.url);
      await installed();
      await page.reload();
      await page.evaluate(() => Object.assign(window, { mark: 1 }));
      const mark = () => page.evaluate(() => (window as { mark?: number }).mark);
      const waiting = () =>
        page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.waiting?.state === "installed");
      front.state.version = "next";
      await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
      await until("the newer version to wait", waiting);
      expect(await mark()).toBe(1);
      await page.evaluate(async () =>
        (await navigator.serviceWorker.getRegistration())?.waiting?.postMessage({ type: "SKIP_WAITING" }),
      );
      await until("it to take over", async () => !(await waiting()));
      expect(await mark()).toBe(1);
    }, 60_000);

    test("when the connection is back the browser wakes the page", async () => {
      const { page } = browser;
      await page.goto(box.url);
      await installed();
      const woken = await page.evaluate(
        () =>
          new Promise<string>((resolve) => {
            navigator.serviceWorker.addEventListener("message", ({ data }) => resolve(data.type), { once: true });
            navigator.serviceWorker.startMessages();
            void navigator.serviceWorker.ready.then((registration) =>
              (
                registration as ServiceWorkerRegistration & { sync: { register(tag: string): Promise<void> } }
              ).sync.register("relaypacs-queue"),
            );
          }),
      );
      expect(woken).toBe("SYNC");
    }, 60_000);

    test("shared files go to the page that asks for them, once, and into no store", async () => {
      const { page } = browser;
      await page.goto(box.url);
      await installed();
      await page.reload();
      const take = () =>
        page.evaluate(
          () =>
            new Promise<string[]>((resolve) => {
              const { serviceWorker } = navigator;
              serviceWorker.addEventListener(
                "message",
                ({ data }) => resolve(data.files.map((file: File) => file.name)),
                {
                  once: true,
                },
              );
              serviceWorker.startMessages();
              serviceWorker.controller?.postMessage({ type: "TAKE_SHARED" });
            }),
        );
      const share = await page.evaluate(async () => {
        const form = new FormData();
        for (const name of ["IM1", "IM2.zip"]) form.append("files", new File(["bytes"], name));
        const answer = await fetch("/share", { method: "POST", body: form, redirect: "manual" });
        return answer.type;
      });
      expect(share).toBe("opaqueredirect");
      expect(await take()).toEqual(["IM1", "IM2.zip"]);
      expect(await take()).toEqual([]);
    }, 60_000);
  });

if (chromium !== null)
  test("where service workers are refused the app opens all the same", async () => {
    const box = await startBox();
    const browser = await startBrowser({ withoutServiceWorker: true });
    try {
      await browser.page.goto(box.url);
      await signInIsThere(browser);
      expect(browser.complaints).toEqual([]);
    } finally {
      await browser.stop();
      await box.stop();
    }
  }, 60_000);
