/** The device's own database. No blob is stored and no row of bytes is indexed: both lose data or crash on some phones (RELIABILITY fact 9). */
const NAME = "relaypacs-queue";
const VERSION = 1;
/** studies: what stands of each, written last · manifests: what it is made of · keys · slices: the bytes, under [study, file, slice] */
export type StoreName = "studies" | "manifests" | "keys" | "slices";
const stores: readonly StoreName[] = ["studies", "manifests", "keys", "slices"];

export interface DeviceDatabase {
  /**
   * Runs one transaction; writes are on stable storage when it resolves (fact 3: the default durability loses them on a power cut).
   * @param work makes requests at once, without waiting for anything but them; may run a second time when the connection was lost
   */
  run<T>(
    names: readonly StoreName[],
    mode: IDBTransactionMode,
    work: (tx: IDBTransaction) => Promise<T> | T,
  ): Promise<T>;
}

/** @throws DOMException where the browser keeps nothing (some private windows) */
export async function openDatabase(): Promise<DeviceDatabase> {
  let connection: IDBDatabase | null = await open();
  const once = async <T>(
    names: readonly StoreName[],
    mode: IDBTransactionMode,
    work: (tx: IDBTransaction) => Promise<T> | T,
  ): Promise<T> => {
    connection ??= await open();
    connection.onclose = () => {
      connection = null;
    };
    const tx = connection.transaction([...names], mode, { durability: "strict" });
    const ended = new Promise<void>((resolve, reject) => {
      tx.oncomplete = () => resolve();
      tx.onabort = () => reject(tx.error ?? new DOMException("The device did not keep it.", "AbortError"));
    });
    const [result] = await Promise.all([work(tx), ended]);
    return result;
  };
  return {
    run: async (names, mode, work) => {
      try {
        return await once(names, mode, work);
      } catch (error) {
        if (!isLost(error)) throw error;
        connection = null;
        return once(names, mode, work);
      }
    },
  };
}

/** What a connection answers that the system closed behind the page's back. */
const isLost = (error: unknown) =>
  error instanceof DOMException && (error.name === "InvalidStateError" || error.name === "UnknownError");

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const name of stores) request.result.createObjectStore(name);
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close(); // a newer version of the app opens it
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
}

/** The answer of one request. */
export const answerOf = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
