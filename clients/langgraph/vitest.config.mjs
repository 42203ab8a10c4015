import { defineConfig } from 'vitest/config';

// The ecosystem's suite takes describe, it and expect from the globals. One server at a time: the machine may be small.
export default defineConfig({
  test: { globals: true, include: ['test/*.spec.mjs'], fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 },
});
