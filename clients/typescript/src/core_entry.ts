export type * from './exports.ts';
export { Holdfast, type HoldfastOptions } from './core.ts';
export { HoldfastError } from './errors.ts';
