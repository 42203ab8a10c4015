export { HoldfastProvider, useHoldfast } from './provider.ts';
export { useAnalysis, type AnalysisView, type UseAnalysisOptions } from './use_analysis.ts';
