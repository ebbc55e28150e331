// The token of this page: from the fragment of its first address, then kept for this tab.

const KEY = 'babysit-token';

/** Takes the token out of the address, so that it is in no history and no screenshot. */
export function takeToken(): void {
  const match = /^#token=([\w-]+)$/.exec(location.hash);
  if (match === null) return;
  sessionStorage.setItem(KEY, match[1] ?? '');
  history.replaceState(null, '', '/#/now');
}

export function authorization(): Record<string, string> {
  return { authorization: `Bearer ${sessionStorage.getItem(KEY) ?? ''}` };
}
