import type { PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";

/** How long policies take, in a pack that runs in this process: it does nothing else between being asked and answering. */
export class PolicyStopwatch {
  seconds = 0;

  timing(pack: PolicyAnalyzer): PolicyAnalyzer {
    const { packName, packVersion, packLabel } = pack;
    return {
      packName,
      packVersion,
      packLabel,
      remediate: (resource) => this.time(() => pack.remediate(resource)),
      analyze: (resource) => this.time(() => pack.analyze(resource)),
      analyzeStack: (resources) => this.time(() => pack.analyzeStack(resources)),
      close: () => pack.close(),
    };
  }

  private async time<T>(work: () => Promise<T>): Promise<T> {
    const before = performance.now();
    const working = work();
    this.seconds += (performance.now() - before) / 1000;
    return working;
  }
}
