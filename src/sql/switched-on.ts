/** Whether entries such as those of `reloptions` or `setconfig` switch a boolean on, in any of the words that `parse_bool` takes for true. */
export function isSwitchedOn(entries: readonly string[], name: string): boolean {
  return entries.some((entry) => {
    const at = entry.indexOf('=');
    return entry.slice(0, at).toLowerCase() === name && /^(t|tr|tru|true|y|ye|yes|on|1)$/i.test(entry.slice(at + 1));
  });
}
