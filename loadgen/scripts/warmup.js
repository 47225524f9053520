// How a user of a closed loop ends the warm-up: it asks for nothing more that would be answered after
// the end. What is cut off there still waits in the service, and is served in place of what is measured.
import { sleep } from 'k6';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import { steadyMs } from 'k6/x/clock';
import { config, load, startedMs } from './trial.js';

const LONGER = 1.25; // than the one before an iteration may take
const ONE_OF = 50; // users goes on to the end: the first answers of a cold service may be its slowest
const BEYOND_MS = 1000;

const rested = new Counter('loadlab_rested');
let endMs; // of the warm-up
let tookMs = 0; // this user's last iteration, up to its last answer

export function warmUp(once) {
  const beganMs = steadyMs();
  if (endMs === undefined) endMs = startedMs(exec.scenario) + load.warmupMs;
  if (tookMs * LONGER > endMs - beganMs && exec.vu.idInInstance % ONE_OF !== 1) return rest(endMs - beganMs);
  const note = () => {
    tookMs = steadyMs() - beganMs - config.thinkTimeMs;
  };
  const ended = once();
  return ended && typeof ended.then === 'function' ? ended.then(note) : note();
}

// Until it is cut off, as who comes back would be sent on again; the output counts nothing as cut.
function rest(leftMs) {
  rested.add(1);
  sleep((Math.max(leftMs, 0) + BEYOND_MS) / 1000);
}
