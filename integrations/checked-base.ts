/**
 * The base URL of a provider's interface. Credentials travel with every call, so plain HTTP is for stand-ins alone: on this
 * machine, or where the caller says so.
 * @throws Error for plain HTTP elsewhere, and for a text that is no http(s) URL
 */
export function checkedBase(provider: string, base: string, options: { allowPlainHttp: boolean }): URL {
  const url = new URL(base);
  if (url.protocol === 'https:') return url;
  const thisMachine =
    url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(url.hostname);
  if (url.protocol === 'http:' && (thisMachine || options.allowPlainHttp)) return url;
  throw new Error(`${provider} is called over https, not over ${url.origin}.`);
}
