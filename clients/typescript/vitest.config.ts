import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 60_000,
    coverage: {
      enabled: true,
      include: ['src/**'],
      exclude: ['src/generated/**', 'src/**/index.ts'],
      reporter: [['text', { skipFull: true }]],
      // A branch without a test is a way to lose an answer that nobody has tried.
      thresholds: { branches: 100, functions: 100 },
    },
  },
});
