import exec from 'k6/execution';
import http from 'k6/http';
import { sleep } from 'k6';

export const options = {
  scenarios: {
    readers: { executor: 'constant-vus', exec: 'read', vus: 2, duration: '2s' },
    writers: {
      executor: 'constant-arrival-rate', exec: 'write', rate: 10, duration: '1s', startTime: '1s',
      preAllocatedVUs: 2, env: { TEXT: 'of the writers' }, tags: { role: 'writer' },
    },
  },
};

export function read() {
  http.get(`${__ENV.LOADLAB_TARGET}/page?by=${exec.scenario.name}`, { tags: { name: 'read' } });
  sleep(0.05);
}

export function write() {
  http.post(`${__ENV.LOADLAB_TARGET}/echo`, __ENV.TEXT, { tags: { name: 'write' } });
}
