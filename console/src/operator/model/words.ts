/** Figures and states in words. Pure. */

const kMegabyte = 1024 * 1024;

/** "312 MB", "4.2 MB", "0.3 MB", "1.5 GB". Megabytes are 1,048,576 bytes, as in MEMORY_LIMIT. */
export function size(bytes: number): string {
  const megabytes = bytes / kMegabyte;
  if (Math.abs(megabytes) >= 10_000) return `${(megabytes / 1024).toFixed(1)} GB`;
  if (Math.abs(megabytes) >= 100) return `${Math.round(megabytes).toLocaleString('en')} MB`;
  return `${tidy(megabytes)} MB`;
}

/** "312 of 512 MB". */
export function sizeOf(bytes: number, whole: number): string {
  if (whole / kMegabyte >= 10_000) return `${size(bytes)} of ${size(whole)}`;
  return `${Math.round(bytes / kMegabyte).toLocaleString('en')} of ${size(whole)}`;
}

function tidy(value: number): string {
  const text = value.toFixed(1);
  return text === '-0.0' || text === '0.0' ? '0' : text.replace(/\.0$/, '');
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** "8 s", "3 min 20 s", "2 h 5 min", "4 d 3 h". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return pair(Math.floor(whole / 60), 'min', whole % 60, 's');
  if (whole < 86_400) return pair(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min');
  return pair(Math.floor(whole / 86_400), 'd', Math.floor((whole % 86_400) / 3600), 'h');
}

function pair(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor === 0 ? `${major} ${majorUnit}` : `${major} ${majorUnit} ${minor} ${minorUnit}`;
}

/** "35 ms", "1.2 s", "2 min 5 s". */
export function took(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return duration(ms / 1000);
}

export function clock(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB');
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
}

const kReasons: Record<string, string> = {
  starting: 'starting',
  workers_busy: 'every worker is busy',
  workers_starting: 'workers are starting',
  workers_failing: 'workers fail to start',
  retry_backoff: 'pause before the next attempt',
  at_another_instance: 'waits at another server',
  memory: 'waits for memory',
  same_question: 'the same question is being answered',
};

/** Why a run waits. A reason of a later version is shown as it is. */
export function reason(name: string): string {
  return kReasons[name] ?? plain(name);
}

/** `trim_workers` as "trim workers". */
export function plain(name: string): string {
  return name.replaceAll('_', ' ');
}
