import { taskCancelled, taskCompleted, taskFailed, taskStarted, type ToldTask } from './task-texts.js';

const task: ToldTask = {
  id: 't1',
  href: 'https://qm.example.com/tasks/restart/t1',
  task: 'restart',
  does: 'restart api of shop',
};
const named = '`restart`, restart api of shop (<https://qm.example.com/tasks/restart/t1|task t1>)';

describe('what is told of a task', () => {
  it.each([
    [taskStarted(task), `Started ${named}`],
    [taskCompleted(task), `Completed ${named}`],
    [taskFailed(task, 'Two have failed.'), `Failed: ${named}: Two have failed`],
    [taskCancelled(task), `Cancelled ${named}; it is settled`],
    [taskStarted({ ...task, does: '' }), 'Started `restart` (<https://qm.example.com/tasks/restart/t1|task t1>)'],
  ])('reads: %s', (text, expected) => {
    expect(text).toBe(expected);
  });

  it('calls nobody and links nowhere, whatever a task says of itself', () => {
    const hostile = '<!channel> <https://evil|x> `code` & more';
    const odd: ToldTask = { ...task, id: hostile, task: hostile, does: hostile };
    for (const text of [taskStarted(odd), taskCompleted(odd), taskFailed(odd, hostile), taskCancelled(odd)]) {
      expect(text).not.toMatch(/<!|<@|<#|<https:\/\/evil/);
      expect(text.match(/</g)).toHaveLength(1);
    }
  });

  it('stays short, with the reason still in it, where a task says endless things of itself', () => {
    const text = taskFailed({ ...task, does: 'restart & '.repeat(1000) }, 'because '.repeat(1000));
    expect(text.length).toBeLessThanOrEqual(3000);
    expect(text).toContain('because');
  });
});
