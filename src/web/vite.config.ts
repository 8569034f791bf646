import { preact } from '@preact/preset-vite';
import { defineConfig } from 'vite';

/** Builds the pages into dist/web. Nothing is inlined, so that they run under a policy without inline script or style. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [preact({ devToolsEnabled: false })],
  build: {
    outDir: '../../dist/web',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
});
