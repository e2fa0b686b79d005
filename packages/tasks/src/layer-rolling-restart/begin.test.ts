import type { StackInstance, StackInstanceStatus } from '@quartermaster/stacks';
import { chooseTargets } from './begin.js';

const LAYER = { Name: 'API server', Shortname: 'api' };

function instance(number: number, Status: StackInstanceStatus = 'online'): StackInstance {
  const id = `i-0000000000000000${number % 10}`;
  return { InstanceId: id, Ec2InstanceId: id, Hostname: `api${number}`, StackId: 's', LayerIds: ['l'], Status };
}

const names = (instances: readonly StackInstance[]): string[] => instances.map(({ Hostname }) => Hostname);

describe('what is restarted', () => {
  it('is what is online, in order of host names; the rest is left alone', () => {
    const chosen = chooseTargets([instance(10), instance(3, 'stopped'), instance(2)], undefined, LAYER);
    expect([names(chosen.targets), names(chosen.ignored)]).toEqual([['api2', 'api10'], ['api3']]);
  });

  it('is what is named, by host name in any case, by number or by id, whatever state it is in', () => {
    const fleet = [instance(1), instance(2), instance(3, 'stopped'), instance(4)];
    const { targets } = chooseTargets(fleet, ['API3', '1', 'i-00000000000000004'], LAYER);
    expect(names(targets)).toEqual(['api1', 'api3', 'api4']);
  });

  it('leaves out an id that is gone, and refuses a host name that is not there', () => {
    const gone = 'i-00000000000000009';
    expect(chooseTargets([instance(1)], ['api1', gone], LAYER).gone).toEqual([gone]);
    expect(() => chooseTargets([instance(1)], ['api7', 'web1'], LAYER)).toThrow('API server has no api7, web1.');
  });
});
