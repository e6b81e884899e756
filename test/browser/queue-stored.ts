import type { Page } from "playwright-core";

/** Everything that the page has stored, as one text. */
export const storedBy = (page: Page) =>
  page.evaluate(async () => {
    const names = (await indexedDB.databases())
      .map(({ name }) => name ?? "")
      .filter((name) => name.startsWith("relaypacs"));
    const counts: Record<string, number> = {};
    let text = `${JSON.stringify({ ...localStorage })}${location.href}${(await caches.keys()).join()}`;
    for (const name of names) {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      for (const store of db.objectStoreNames) {
        const rows = await new Promise<unknown[]>((resolve) => {
          const request = db.transaction(store).objectStore(store).getAll();
          request.onsuccess = () => resolve(request.result);
        });
        counts[store] = rows.length;
        text += JSON.stringify(rows);
      }
      db.close();
    }
    return { counts, text };
  });
