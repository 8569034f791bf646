import { render } from 'preact';
import { App } from './app.tsx';
import { followLinks } from './router.ts';

const root = document.getElementById('app');
if (root) {
  root.replaceChildren();
  render(<App />, root);
}
followLinks();

// Paper has no folds.
addEventListener('beforeprint', () => {
  for (const fold of document.querySelectorAll('details')) fold.open = true;
});
