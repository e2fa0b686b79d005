import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DescribeRegionsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { clientSettings, createCalls, tellAttempts } from '@quartermaster/aws';
import { AppError, onCloudCall } from '@quartermaster/foundation';

const answers: ((response: ServerResponse) => void)[] = [];
const refuse = (status: number, code: string) => (response: ServerResponse) =>
  void response
    .writeHead(status)
    .end(`<Response><Errors><Error><Code>${code}</Code><Message>m</Message></Error></Errors></Response>`);
const accept = (response: ServerResponse) =>
  void response.writeHead(200).end('<DescribeRegionsResponse><regionInfo/></DescribeRegionsResponse>');

let server: Server;
let client: EC2Client;
let told: string[];
let stop: () => void;
beforeAll(async () => {
  server = createServer((_request, response) => answers.shift()?.(response)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const place = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  };
  client = tellAttempts(new EC2Client(clientSettings(place, { connection: 500, request: 500, idle: 500 })), 'ec2');
});
beforeEach(() => {
  told = [];
  stop = onCloudCall(({ service, operation, outcome }) => told.push(`${service} ${operation} ${outcome}`));
});
afterEach(() => stop());
afterAll(() => {
  client.destroy();
  server.close();
});
const call = () => client.send(new DescribeRegionsCommand({}));

describe('requests to AWS', () => {
  it('are told one by one, those that the SDK repeats by itself too', async () => {
    answers.push(refuse(503, 'RequestLimitExceeded'), refuse(500, 'InternalError'), accept);
    await call();
    expect(told).toEqual(['throttled', 'failed', 'ok'].map((outcome) => `ec2 DescribeRegions ${outcome}`));
  });

  it('are refused where trying again makes no sense', async () => {
    answers.push(refuse(400, 'InvalidParameterValue'));
    await expect(call()).rejects.toThrow('m');
    expect(told).toEqual(['ec2 DescribeRegions refused']);
  });

  it('have failed where the connection broke', async () => {
    answers.push((response) => response.destroy(), accept);
    await call();
    expect(told).toEqual(['ec2 DescribeRegions failed', 'ec2 DescribeRegions ok']);
  });

  it('are told of only when they were sent: what a guard stops is none', async () => {
    const command = new DescribeRegionsCommand({});
    const guard = {
      signal: new AbortController().signal,
      assertHeld: () => {
        throw new AppError('unavailable', 'lease-lost', 'The time is over.');
      },
    };
    const calls = createCalls({ name: 'EC2', prefix: 'ec2' });
    await expect(calls.change('DescribeRegions', command, guard, (o) => client.send(command, o))).rejects.toThrow(
      'The time is over.',
    );
    expect(told).toEqual([]);
  });
});
