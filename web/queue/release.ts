/**
 * Gives a buffer's memory back at once, where the browser can: its own clean-up lets some hundred MB wait before it comes.
 * Nobody may read the buffer after this.
 */
export function release(buffer: ArrayBuffer): void {
  if (typeof buffer.transfer === "function" && !buffer.detached) buffer.transfer(0);
}
