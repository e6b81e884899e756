/**
 * Text without any of these characters at its end. A loop, because a pattern such as `/ +$/` starts anew at each of a run of
 * spaces inside the text: 8 kB of them in each identifier of an image held everything for more than a second.
 */
export function trimEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** PS3.5 6.2: UI is padded by NUL, text by a space; the field does either with both. */
export const withoutPadding = (text: string): string => trimEnd(text, "\0 ");
