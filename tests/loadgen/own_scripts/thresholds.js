import http from 'k6/http';
import { sleep } from 'k6';
import { Trend } from 'k6/metrics';

const waited = new Trend('waited', true);

export const options = {
  thresholds: {
    http_req_duration: ['p(95)<5000', { threshold: 'avg<4000', abortOnFail: true }],
    http_req_failed: ['rate<0.01'],
    waited: ['p(99)<5000'],
    checks: ['rate>0.9'],
    'http_req_duration{kind:json}': ['max<1'],
  },
};

export default function () {
  const answer = http.get(`${__ENV.LOADLAB_TARGET}/page`);
  waited.add(answer.timings.waiting);
  sleep(0.05);
}
