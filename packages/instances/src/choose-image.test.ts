import { chooseImage, listedImages } from './choose-image.js';
import type { CloudImage } from './instance.js';

function image(ami: string, fields: Partial<CloudImage> = {}): CloudImage {
  return {
    ami,
    name: ami,
    role: 'worker',
    active: true,
    state: 'available',
    creation_date: '2026-01-01T00:00:00.000Z',
    root_device_name: '/dev/xvda',
    ...fields,
  };
}

describe('chooseImage', () => {
  it('takes the newest by name, as names carry a timestamp, whatever the creation date says', () => {
    const older = image('ami-1', { name: 'worker-2026-01-01', creation_date: '2026-03-01T00:00:00.000Z' });
    const newer = image('ami-2', { name: 'worker-2026-02-01', creation_date: '2026-02-01T00:00:00.000Z' });
    expect(chooseImage([older, newer], 'worker')).toBe(newer);
    expect(chooseImage([newer, older], 'worker')).toBe(newer);
  });

  it('takes the later creation date where names are the same, and decides even where both are', () => {
    const older = image('ami-1', { name: 'same' });
    const newer = image('ami-2', { name: 'same', creation_date: '2026-02-01T00:00:00.000Z' });
    const twin = image('ami-0', { name: 'same', creation_date: '2026-02-01T00:00:00.000Z' });
    expect(chooseImage([older, newer], 'worker')?.ami).toBe('ami-2');
    expect(chooseImage([newer, twin], 'worker')).toBe(chooseImage([twin, newer], 'worker'));
  });

  it('passes over inactive, unavailable and other roles’ images', () => {
    const images = [
      image('ami-9', { active: false }),
      image('ami-8', { state: 'pending' }),
      image('ami-7', { role: 'web' }),
      image('ami-1'),
    ];
    expect(chooseImage(images, 'worker')?.ami).toBe('ami-1');
    expect(chooseImage(images, 'database')).toBeUndefined();
    expect(chooseImage([], 'worker')).toBeUndefined();
  });

  it('leaves the list as it was', () => {
    const images = [image('ami-1'), image('ami-2')];
    chooseImage(images, 'worker');
    expect(images.map(({ ami }) => ami)).toEqual(['ami-1', 'ami-2']);
  });
});

describe('listedImages', () => {
  it('lists all, the newest first, and calls only the one active that a build would take', () => {
    const images = [
      image('ami-1'),
      image('ami-2'),
      image('ami-3', { state: 'pending' }),
      image('ami-4', { role: 'web', active: false }),
    ];
    expect(listedImages(images)).toEqual([
      { ami: 'ami-4', active: false, role: 'web', name: 'ami-4', state: 'available' },
      { ami: 'ami-3', active: false, role: 'worker', name: 'ami-3', state: 'pending' },
      { ami: 'ami-2', active: true, role: 'worker', name: 'ami-2', state: 'available' },
      { ami: 'ami-1', active: false, role: 'worker', name: 'ami-1', state: 'available' },
    ]);
  });
});
