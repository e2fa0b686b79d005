// What a piece of work asks of Redis: round trips and writes, counted by Redis itself.

/** Runs `work` and counts the commands of every client but this one. Commands inside scripts are writes, not trips. */
export async function countCommands(client, work) {
  const writing = new Set(
    (await client.call('COMMAND')).filter(([, , flags]) => flags.includes('write')).map(([name]) => name),
  );
  const monitor = await client.monitor();
  const inTransaction = new Set();
  const counts = { roundTrips: 0, writes: 0 };
  monitor.on('monitor', (_time, [name = ''], source) => {
    const command = name.toLowerCase();
    if (writing.has(command)) counts.writes += 1;
    if (source === 'lua') return;
    // A transaction goes out in one piece.
    if (command === 'multi') inTransaction.add(source);
    else if (command === 'exec') inTransaction.delete(source);
    if (!inTransaction.has(source)) counts.roundTrips += 1;
  });
  await work();
  monitor.disconnect();
  return counts;
}
