import { defineConfig } from 'vitest/config'
import { fillWorker } from './fill-worker.mjs'

// The build lands inside the Python package, which serves it: one program, one origin, no outside address.
export default defineConfig({
  plugins: [fillWorker()],
  build: {
    outDir: '../api/static',
    emptyOutDir: true,
    manifest: true,
    target: 'es2022',
    assetsInlineLimit: 0, // data: URLs are not allowed by the page's policy, except for images
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    rollupOptions: {
      input: { index: 'index.html', sw: 'src/worker/worker.ts', 'ogc-map': 'src/ogc/main.ts' },
      // a service worker is asked for by one name for ever, and its folder is what it may serve: fill-worker.mjs
      // so is the map of the pages under /ogc, which the server writes without knowing what was built
      output: {
        entryFileNames: (chunk) =>
          chunk.name === 'sw' ? 'sw.js' : chunk.name === 'ogc-map' ? 'ogc-map.js' : 'assets/[name]-[hash].js',
      },
    },
  },
  worker: { format: 'es' },
  test: { include: ['tests/**/*.test.ts'], css: true }, // the tokens are tested as they are written
  server: {
    proxy: { '/api': 'http://127.0.0.1:8000', '/ogc': 'http://127.0.0.1:8000' },
  },
})
