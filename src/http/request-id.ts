const ids = new WeakMap<Request, string>();

/** The id a request goes by in the answer's `x-request-id`, in problem documents and in events. */
export function requestId(request: Request): string {
  const id = ids.get(request) ?? crypto.randomUUID();
  ids.set(request, id);
  return id;
}
