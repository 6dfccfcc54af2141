/** A text without what sets a setting: what is left of its name asks for it. */
export function withoutAssignments(text: string, setting: string): string {
  const name = setting.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.replace(
    new RegExp(`set_config\\s*\\(\\s*'${name}'|\\bset\\s+(?:(?:local|session)\\s+)?${name}\\b`, 'gi'),
    '',
  );
}

/** Whether a text asks for a setting: it names it, and not only to set it. */
export function asksForSetting(text: string, setting: string): boolean {
  return withoutAssignments(text, setting).toLowerCase().includes(setting.toLowerCase());
}
