export * from './exports.ts';
export { Holdfast, type HoldfastOptions } from './holdfast.ts';
export { shareTabs, type SharingOptions } from './tabs.ts';
