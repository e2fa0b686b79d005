import type { CloudImage } from './instance.js';

/** An image as the API answers it; field names are the API's. */
export interface Image {
  readonly ami: string;
  /** Whether a build of this role would take it now: at most one image of a role is. */
  readonly active: boolean;
  readonly role: string;
  readonly name: string;
  /** EC2's state: `available`, `pending`, `failed` … */
  readonly state: string;
}

/** The newest available image that is active for a role, or `undefined` where the role has none. */
export function chooseImage(images: readonly CloudImage[], role: string): CloudImage | undefined {
  return images
    .filter((image) => image.role === role && image.active && image.state === 'available')
    .sort(newestFirst)[0];
}

/** Every image in the API's form, by role, the newest first. Of several active ones of a role only the chosen one is. */
export function listedImages(images: readonly CloudImage[]): Image[] {
  const chosen = new Set([...new Set(images.map(({ role }) => role))].map((role) => chooseImage(images, role)?.ami));
  return [...images]
    .sort((a, b) => compareText(a.role, b.role) || newestFirst(a, b))
    .map(({ ami, role, name, state }) => ({ ami, active: chosen.has(ami), role, name, state }));
}

/** Names carry a timestamp, so they come before the creation date; the id makes the order total. */
function newestFirst(a: CloudImage, b: CloudImage): number {
  return compareText(b.name, a.name) || compareText(b.creation_date, a.creation_date) || compareText(b.ami, a.ami);
}

/** By code unit: the same on every machine, whatever its locale. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
