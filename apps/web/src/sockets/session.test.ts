import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Discovery, Reader, RegisterOptions, Registration, RegistrationStatus } from '@quartermaster/discovery';
import { AppError, createSilentLogger } from '@quartermaster/foundation';
import type { WebSocket } from 'ws';
import { beginSession, type Session } from './session';

/** A socket that notes what is done to it. */
class FakeSocket extends EventEmitter {
  readonly done: string[] = [];
  bufferedAmount = 0;
  send(data: Buffer): void {
    this.done.push(`send ${data.toString()}`);
  }
  ping(): void {
    this.done.push('ping');
  }
  close(code: number): void {
    this.done.push(`close ${code}`);
  }
  terminate(): void {
    this.done.push('terminate');
    this.emit('close', 1006, Buffer.alloc(0));
  }
}

interface Scene {
  readonly socket: FakeSocket;
  readonly raw: EventEmitter;
  /** What became of the registration and of the subscription. */
  readonly done: string[];
  readonly begin: () => Promise<Session>;
  reader(): Reader;
  status: NonNullable<RegisterOptions['onStatus']>;
  /** What the registration says when it is asked. */
  statusNow: RegistrationStatus;
}

function createScene(register?: () => Promise<never>): Scene {
  const done: string[] = [];
  const note = (what: string) => (): Promise<void> => Promise.resolve(void done.push(what));
  let reader: Reader | undefined;
  const scene: Scene = {
    socket: new FakeSocket(),
    raw: new EventEmitter(),
    done,
    status: () => undefined,
    statusNow: 'registered',
    reader: () => reader as Reader,
    begin: () => beginSession({ discovery, wish, log: createSilentLogger(), onOver: () => done.push('over') }),
  };
  const wish = { services: ['api'], registers: { service: 'api', node: { ip: '10.0.0.1', port: 80 } } };
  const discovery = {
    subscribe: (_options: object, given: Reader) => {
      reader = given;
      return { drained: note('drained'), end: note('unsubscribed') };
    },
    register: (options: RegisterOptions) => {
      scene.status = options.onStatus ?? scene.status;
      const registration = {
        leave: note('leave'),
        expire: note('expire'),
        abandon: note('abandon'),
        status: () => scene.statusNow,
      };
      return register?.() ?? Promise.resolve(registration as unknown as Registration);
    },
  } as unknown as Discovery;
  return scene;
}

async function open(scene: Scene): Promise<Session> {
  const session = await scene.begin();
  session.open(scene.socket as unknown as WebSocket, scene.raw as Socket);
  return session;
}

describe('a session', () => {
  it('keeps what is told before the socket is open, and sends it then', async () => {
    const scene = createScene();
    const session = await scene.begin();
    scene.reader().send(Buffer.from('early'));
    expect(scene.reader().unsentBytes()).toBe(5);
    session.open(scene.socket as unknown as WebSocket, scene.raw as Socket);
    scene.reader().send(Buffer.from('late'));
    expect(scene.socket.done).toEqual(['send early', 'send late']);
    scene.raw.emit('drain');
    expect(scene.done).toEqual(['drained']);
  });

  it.each([
    ['the client closes', 1000, 'leave'],
    ['the client closes without a code', 1005, 'leave'],
    ['the connection breaks', 1006, 'expire'],
  ])('when %s the registration does: %s %s', async (_what, code, expected) => {
    const scene = createScene();
    await open(scene);
    scene.socket.emit('close', code, Buffer.alloc(0));
    expect(scene.done).toEqual(['unsubscribed', expected, 'over']);
  });

  it.each([
    ['the feed drops it', (scene: Scene) => scene.reader().close(1013, 'reads too slowly'), 'close 1013'],
    ['the registration is lost', (scene: Scene) => scene.status('lost', 'late'), 'close 4002'],
    ['the node is replaced', (scene: Scene) => scene.status('replaced', 'elsewhere'), 'close 4001'],
    ['the process ends', (_scene: Scene, session: Session) => session.close(), 'close 1012'],
  ])('when %s the node is left to its lease, whatever the client answers', async (_what, act, closed) => {
    const scene = createScene();
    const session = await open(scene);
    act(scene, session);
    expect(scene.socket.done).toEqual([closed]);
    scene.socket.emit('close', 1000, Buffer.alloc(0));
    expect(scene.done).toEqual(['unsubscribed', 'abandon', 'over']);
  });

  it('that is lost before it is open closes as soon as it is', async () => {
    const scene = createScene();
    const session = await scene.begin();
    scene.status('lost', 'late');
    session.open(scene.socket as unknown as WebSocket, scene.raw as Socket);
    expect(scene.socket.done).toEqual(['close 4002']);
  });

  it.each(['lost', 'replaced', 'ended'] as const)(
    'whose registration is %s at once closes with 4002',
    async (status) => {
      const scene = createScene();
      scene.statusNow = status;
      await open(scene);
      expect(scene.socket.done).toEqual(['close 4002']);
    },
  );

  it('misses two pings and expires; any sign of life counts', async () => {
    const scene = createScene();
    const session = await open(scene);
    for (const sign of ['pong', 'message']) {
      session.ping();
      session.ping();
      scene.socket.emit(sign);
    }
    session.ping();
    session.ping();
    expect(scene.done).toEqual([]);
    session.ping();
    expect(scene.socket.done.filter((what) => what === 'terminate')).toHaveLength(1);
    expect(scene.done).toEqual(['unsubscribed', 'expire', 'over']);
  });

  it('whose client went away before it was open expires, once', async () => {
    const scene = createScene();
    const session = await scene.begin();
    session.giveUp();
    session.giveUp();
    expect(scene.done).toEqual(['unsubscribed', 'expire', 'over']);
  });

  it('does not begin where the node can not be registered, and follows nothing then', async () => {
    const scene = createScene(() => Promise.reject(new AppError('unavailable', 'etcd-unavailable', 'no')));
    await expect(scene.begin()).rejects.toMatchObject({ code: 'etcd-unavailable' });
    expect(scene.done).toEqual(['unsubscribed']);
  });
});
