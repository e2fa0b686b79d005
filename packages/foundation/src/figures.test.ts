import { createFigureBook, TIME_BOUNDS } from './figures.js';

describe('a book of figures', () => {
  it('counts by name and labels, from the beginning of the process', () => {
    const book = createFigureBook();
    book.count('jobs', 'build|done');
    book.count('jobs', 'build|done');
    book.count('jobs', 'build|given-up');
    expect(book.take().counts).toEqual({ jobs: { 'build|done': 2, 'build|given-up': 1 } });
    book.count('jobs', 'build|done');
    expect(book.take().counts['jobs']?.['build|done']).toBe(3);
  });

  it('shows what is declared as 0, and leaves what was counted', () => {
    const book = createFigureBook();
    book.count('jobs', 'build|done');
    for (const outcome of ['done', 'given-up']) book.declare('jobs', `build|${outcome}`);
    expect(book.take().counts).toEqual({ jobs: { 'build|done': 1, 'build|given-up': 0 } });
  });

  it('counts a time under the first bound that it does not exceed, and adds it up', () => {
    const book = createFigureBook();
    for (const seconds of [0.001, 0.005, 0.006, 600, 601]) book.time('took', 'a', seconds);
    const slots = book.take().times['took']?.['a'];
    expect(slots).toHaveLength(TIME_BOUNDS.length + 2);
    expect(slots).toEqual([2, 1, 0, 0, 0, 0, 0, 1, 1, 1201.012]);
  });

  it('reads a level when figures are taken, so that what is gone is gone', () => {
    const book = createFigureBook();
    let sockets: Record<string, number> = { '': 1 };
    book.level('sockets', () => sockets);
    sockets = { '': 2 };
    expect(book.take().levels).toEqual({ sockets: { '': 2 } });
    sockets = {};
    expect(book.take().levels).toEqual({ sockets: {} });
  });
});
