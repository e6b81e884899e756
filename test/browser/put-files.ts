import type { Page } from "playwright-core";

/** Gives files on this machine to a file input by their path: over a connection like ours playwright would send all their bytes. */
export async function putFiles(page: Page, selector: string, files: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { root } = await session.send("DOM.getDocument");
  const { nodeId } = await session.send("DOM.querySelector", { nodeId: root.nodeId, selector });
  await session.send("DOM.setFileInputFiles", { nodeId, files: [...files] });
  await session.detach();
}
