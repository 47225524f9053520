import http from 'k6/http';
import exec from 'k6/execution';
import { sleep } from 'k6';

export const options = { tags: { team: 'blue' } };

export default function () {
  exec.vu.tags.mood = 'good';
  http.get(http.url`${__ENV.LOADLAB_TARGET}/page?n=${exec.scenario.iterationInTest}`);
  http.get(`${__ENV.LOADLAB_TARGET}/json`, { tags: { name: 'some JSON', kind: 'json' } });
  http.get(`${__ENV.LOADLAB_TARGET}/page?n=${exec.scenario.iterationInTest}`); // a name of its own each
  sleep(0.05);
}
