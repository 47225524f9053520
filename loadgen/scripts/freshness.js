// How stale may an answer be? One user writes and then reads until it sees what it wrote. A read that
// began later than the declared bound after the write's answer and does not show it is stale.
import exec from 'k6/execution';
import { sleep } from 'k6';
import { steadyMs } from 'k6/x/clock';
import { print } from 'k6/x/loadlab';
import { FIRST_ID, perform, prepare } from './request.js';
import { PLANNED_MS, config, startedMs } from './trial.js';

const GIVE_UP_MS = 10000; // then the write is never seen: worse than stale
const BETWEEN_READS_SECONDS = 0.02;

const probe = config.freshness && {
  everyMs: config.freshness.everyMs,
  boundMs: config.freshness.boundMs,
  write: prepare(config.freshness.write, 'freshness'),
  read: prepare(config.freshness.read, 'freshness'),
};

export function freshness() {
  const end = startedMs(exec.scenario) + PLANNED_MS;
  const seen = { writes: 0, reads: 0, stale: 0, unseen: 0, worstMs: 0, boundMs: probe.boundMs };
  while (steadyMs() < end) {
    const began = steadyMs();
    writeAndLook(FIRST_ID.freshness + seen.writes, seen);
    sleep(Math.max(began + probe.everyMs - steadyMs(), 0) / 1000);
  }
  print('loadlab_freshness', JSON.stringify(seen));
}

function writeAndLook(id, seen) {
  const written = perform(probe.write, id, asText(probe.write, id));
  if (written.status < 200 || written.status >= 300) return;
  seen.writes += 1;
  const acceptedAt = steadyMs();
  const own = { name: `item-${id}`, id: JSON.parse(written.body).id };
  for (;;) {
    const age = steadyMs() - acceptedAt;
    const answer = perform(probe.read, id, asText(probe.read, id));
    if (answer.status === 200) {
      seen.reads += 1;
      if (shows(JSON.parse(answer.body), own)) return;
      seen.worstMs = Math.max(seen.worstMs, age);
      if (age > probe.boundMs) seen.stale += 1;
    }
    if (age > GIVE_UP_MS) {
      seen.unseen += 1;
      return;
    }
    sleep(BETWEEN_READS_SECONDS);
  }
}

// The list shows the latest only: one whose oldest item is newer has shown ours before.
function shows(list, own) {
  if (list.some((item) => item.name === own.name)) return true;
  return own.id !== undefined && list.length > 0 && list[list.length - 1].id > own.id;
}

function asText(request, id) {
  return { ...request.params(id), responseType: 'text' };
}
