import { execFileSync } from 'node:child_process';
import { shellWord } from './shell-words.js';

it.each(['api.example.com', '5b6cb5f4e161b303089da220', 'https://host:5000/x', '2001:db8::7'])(
  '%s stays plain',
  (word) => {
    expect(shellWord(word)).toBe(word);
  },
);

it.each(['*.example.com', 'my stack', '', "it's", '$HOME', '`id`', '~', '=x', 'a;b', 'a\nb', '!x', 'x=y'])(
  '%j reaches a command as it is',
  (word) => {
    expect(execFileSync('sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' })).toBe(word);
  },
);
