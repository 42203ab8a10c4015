import { defaultClientConditions, defaultServerConditions, defineConfig } from 'vite';

// The client is built from its sources, with the page.
const client = 'holdfast-source';

export default defineConfig({
  resolve: { conditions: [client, ...defaultClientConditions] },
  ssr: { resolve: { conditions: [client, ...defaultServerConditions] } },
  build: {
    outDir: process.env.CONSOLE_OUT_DIR ?? 'dist',
    emptyOutDir: true,
    // A data: URL would need a wider content security policy for nothing.
    assetsInlineLimit: 0,
    target: 'es2022',
    modulePreload: false,
    // The chat page and the operator console.
    rollupOptions: { input: ['index.html', 'console.html'] },
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:8000', '/initial-followup-prompts': 'http://127.0.0.1:8000', '/livez': 'http://127.0.0.1:8000' } },
});
