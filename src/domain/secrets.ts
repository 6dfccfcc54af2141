const words = 'token|secret|otp|nonce|api_?key|passw(?:or)?d|passphrase|pwd|invite_code|invitation_code|share_code';
const asName = new RegExp(`(?:^|_)(?:${words}|hash|salt)(?:_|$)`, 'i');
const compared = new RegExp(`\\b\\w*(?:${words})\\w*"?\\s*=`, 'i');

/** Whether values of such a name are known to nobody who was not told them: to know one is to be let in. */
export function isSecretName(name: string): boolean {
  return asName.test(name.replace(/([a-z\d])([A-Z])/g, '$1_$2'));
}

/** Whether SQL compares something of such a name. */
export function comparesSecret(sql: string): boolean {
  return compared.test(sql);
}
