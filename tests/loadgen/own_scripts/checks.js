import http from 'k6/http';
import { check, sleep } from 'k6';

export default function () {
  const answer = http.get(`${__ENV.LOADLAB_TARGET}/page`);
  check(answer, {
    'is 200': (r) => r.status === 200,
    'says hello': (r) => r.body.includes('hello'),
    'never so': (r) => r.status === 404,
  });
  sleep(0.05);
}
