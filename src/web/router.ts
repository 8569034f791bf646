/** Addresses without a library: the browser's own history, links that are plain links. */
import { useEffect, useState } from 'preact/hooks';

const changed = new EventTarget();

export const navigate = (address: string, options: { replace?: boolean } = {}): void => {
  if (options.replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  changed.dispatchEvent(new Event('address'));
};

export interface Address {
  path: string;
  query: URLSearchParams;
}

const current = (): Address => ({ path: location.pathname, query: new URLSearchParams(location.search) });

export const useAddress = (): Address => {
  const [address, setAddress] = useState(current);
  useEffect(() => {
    const update = (): void => setAddress(current());
    changed.addEventListener('address', update);
    addEventListener('popstate', update);
    return () => {
      changed.removeEventListener('address', update);
      removeEventListener('popstate', update);
    };
  }, []);
  return address;
};

/** Sets one part of the query in place; the hash stays. An empty value removes it. */
export const setQuery = (name: string, value: string): void => {
  const query = new URLSearchParams(location.search);
  if (value) query.set(name, value);
  else query.delete(name);
  const text = query.toString();
  navigate(`${location.pathname}${text ? `?${text}` : ''}${location.hash}`, { replace: true });
};

/** Lets plain links move inside the application; every other click stays the browser's. */
export const followLinks = (): void => {
  document.addEventListener('click', (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (link.pathname.startsWith('/api/') || (link.pathname === location.pathname && link.hash)) return;
    event.preventDefault();
    navigate(`${link.pathname}${link.search}${link.hash}`);
    scrollTo(0, 0);
  });
};
