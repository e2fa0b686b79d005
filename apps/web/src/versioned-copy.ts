interface Versioned {
  readonly version: string;
}

/**
 * Keeps a copy of a cache in this process: each call asks for the cache's `meta` alone, and `load` reads the whole of it once
 * per version, one at a time however many ask.
 */
export function createVersionedCopy<Meta extends Versioned, Copy extends Versioned>(
  readMeta: () => Promise<Meta>,
  load: () => Promise<Copy>,
): () => Promise<{ meta: Meta; copy: Copy }> {
  let copy: Copy | undefined;
  let loading: Promise<Copy> | undefined;

  return async () => {
    const meta = await readMeta();
    // One that is under way began earlier, and may have read what was there before.
    if (copy?.version !== meta.version) await loading;
    if (copy?.version === meta.version) return { meta, copy };
    loading ??= load()
      .then((loaded) => (copy = loaded))
      .finally(() => (loading = undefined));
    return { meta, copy: await loading };
  };
}
