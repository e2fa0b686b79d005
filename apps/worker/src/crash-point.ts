/**
 * What the journal calls at each of its points (`build/run-instances:acted`). With `wanted` `die` is called at that point, or,
 * where it is `build/7`, at the seventh that work of this kind reaches in this process: names of steps may hold what nobody
 * knows before. For tests only.
 */
export function createCrashPoint(wanted: string | undefined, die: () => void): (point: string) => void {
  const [, kind, count] = /^([^/]+)\/(\d+)$/.exec(wanted ?? '') ?? [];
  let reached = 0;
  return (point) => {
    if (count === undefined && point === wanted) die();
    if (count === undefined || !point.startsWith(`${kind}/`)) return;
    reached += 1;
    if (reached === Number(count)) die();
  };
}
