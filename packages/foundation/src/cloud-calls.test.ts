import { onCloudCall, outcomeOf, tellCall, type CloudCall } from './cloud-calls.js';
import { AppError } from './errors.js';

describe('what is told of calls', () => {
  it('reaches who listens, and nobody afterwards', () => {
    const heard: CloudCall[] = [];
    const stop = onCloudCall((call) => heard.push(call));
    tellCall('ec2', 'RunInstances', 'ok');
    stop();
    tellCall('ec2', 'RunInstances', 'ok');
    expect(heard).toEqual([{ service: 'ec2', operation: 'RunInstances', outcome: 'ok' }]);
  });

  it.each([
    [new AppError('unavailable', 'slack-throttled', ''), 'throttled'],
    [new AppError('unavailable', 'slack-unavailable', ''), 'failed'],
    [new AppError('unprocessable', 'slack-refused', ''), 'refused'],
    [new AppError('not-found', 'unknown-zone', ''), 'refused'],
    [new TypeError('a bug'), 'failed'],
  ])('tells by the error %p that a call was %s', (error, outcome) => {
    expect(outcomeOf(error)).toBe(outcome);
  });
});
