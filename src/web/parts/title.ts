import { useEffect } from 'preact/hooks';

/** The tab's name, for people with twenty tabs. */
export const useTitle = (title: string): void => {
  useEffect(() => {
    document.title = `${title} · Muster`;
  }, [title]);
};
