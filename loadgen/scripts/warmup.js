// How a user of a closed loop ends the warm-up: it asks for nothing more that would be answered after
// the end. What is cut off there still waits in the service, and is served in place of what is measured.
import { sleep } from 'k6';
import exec from 'k6/execution';
import { load } from './trial.js';

const LONGER = 1.25; // than the one before an iteration may take
const ENDS_BEFORE_MS = 20; // who rests is not cut off, as if it had asked for something

let tookMs = 0; // this user's last iteration

export function warmUp(once) {
  const beganMs = Date.now();
  const leftMs = exec.scenario.startTime + load.warmupMs - beganMs;
  if (tookMs * LONGER > leftMs) {
    sleep(Math.max(leftMs - ENDS_BEFORE_MS, 1) / 1000);
    return undefined;
  }
  const note = () => {
    tookMs = Date.now() - beganMs;
  };
  const ended = once();
  if (!ended || typeof ended.then !== 'function') return note();
  return ended.then(note);
}
