import type { Analysis } from './analysis.ts';
import { Holdfast as Core, type HoldfastOptions as CoreOptions } from './core.ts';
import { shareTabs } from './tabs.ts';

export interface HoldfastOptions extends CoreOptions {
  /** Connections held open at a time, over all tabs. In a browser 4, elsewhere without limit. */
  connections?: number;
}

/** The client, with tabs that share one stream a run. */
export class Holdfast extends Core {
  /** A question that another tab has just asked is followed here, too. */
  onAnalysis: (analysis: Analysis) => void = () => undefined;

  constructor(options: HoldfastOptions = {}) {
    super({ sharing: shareTabs(options), ...options });
    if (typeof window === 'undefined') return;
    const stored = ({ key, newValue }: StorageEvent) => {
      const question = this.kept.read(key, newValue);
      if (question && !this.follows(question.runId)) this.onAnalysis(this.take(question, true, undefined, true));
    };
    window.addEventListener('storage', stored, { signal: this.end.signal });
  }
}
