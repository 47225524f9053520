import exec from 'k6/execution';

export function pick(list) {
  return list[exec.scenario.iterationInTest % list.length];
}

export function handleSummary() {
  return { stdout: 'this summary is nobody\'s\n' };
}
