import { defineConfig, mergeConfig } from 'vitest/config';
import vite from './vite.config.ts';

export default mergeConfig(vite, defineConfig({
  test: {
    testTimeout: 60_000,
    coverage: {
      enabled: true,
      // What is pure. What draws, or talks to a server, is tested in a browser (tests/e2e/page).
      include: ['src/operator/model/**', 'src/operator/link/events.ts', 'src/view/words.ts', 'src/view/sql_lines.ts', 'src/csv.ts', 'src/chat/access.ts'],
      reporter: [['text', { skipFull: true }]],
      thresholds: { branches: 100, functions: 100 },
    },
  },
}));
