/** A WebDriver BiDi connection (https://w3c.github.io/webdriver-bidi): commands by name, events one at a time. */
export interface Bidi {
  /** @throws Error with the browser's word */
  call<T>(method: string, params: object): Promise<T>;
  /** The next event of this name. */
  next<T>(event: string): Promise<T>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: string;
  readonly message?: string;
}

export async function connectBidi(url: string): Promise<Bidi> {
  const socket = new WebSocket(url);
  const calls = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  const waiting = new Map<string, (params: unknown) => void>();
  let last = 0;
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error("the browser takes no connection"));
  });
  socket.onclose = () => {
    for (const { reject } of calls.values()) reject(new Error("the browser is gone"));
  };
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.id === undefined) {
      waiting.get(message.method ?? "")?.(message.params);
      return;
    }
    const call = calls.get(message.id);
    calls.delete(message.id);
    if (message.error === undefined) call?.resolve(message.result);
    else call?.reject(new Error(`${message.error}: ${message.message}`));
  };
  return {
    call: <T>(method: string, params: object) =>
      new Promise<T>((resolve, reject) => {
        last += 1;
        calls.set(last, { resolve: (result) => resolve(result as T), reject });
        socket.send(JSON.stringify({ id: last, method, params }));
      }),
    next: <T>(event: string) =>
      new Promise<T>((resolve) => {
        waiting.set(event, (params) => {
          waiting.delete(event);
          resolve(params as T);
        });
      }),
  };
}
