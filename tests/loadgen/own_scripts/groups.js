import http from 'k6/http';
import { group, sleep } from 'k6';

export default function () {
  group('read', () => {
    http.get(`${__ENV.LOADLAB_TARGET}/page`);
    group('deeper', () => http.get(`${__ENV.LOADLAB_TARGET}/json`));
  });
  sleep(0.05);
}
