import { AppError, type Problem } from '@quartermaster/foundation';
import Joi from 'joi';

/** A stack to add: what `POST /_sandbox/stacks` takes. */
export interface StackPlan {
  readonly name: string;
  readonly layers: readonly LayerPlan[];
}

export interface LayerPlan {
  readonly name: string;
  readonly shortname: string;
  /** Instances of this layer's own: `<shortname>1`, `<shortname>2`, … */
  readonly instances: number;
  /** So many of these, from the last, are stopped. */
  readonly stopped?: number;
  /** Its instances belong to this auto-scaling group. */
  readonly auto_scaling_group?: string;
  readonly root_device?: 'ebs' | 'instance-store';
  /** The first instances of an earlier layer of the stack are of this layer too. */
  readonly shares?: { readonly layer: string; readonly instances: number };
}

const MOST_INSTANCES = 1000;

const layerSchema = Joi.object<LayerPlan>({
  name: Joi.string().max(128).required(),
  shortname: Joi.string()
    .pattern(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'a short name: lower case letters, digits, dots, dashes, underscores')
    .required(),
  instances: Joi.number().strict().integer().min(0).max(MOST_INSTANCES).required(),
  stopped: Joi.number().strict().integer().min(0).max(Joi.ref('instances')),
  auto_scaling_group: Joi.string().max(255),
  root_device: Joi.string().valid('ebs', 'instance-store'),
  shares: Joi.object({
    layer: Joi.string().required(),
    instances: Joi.number().strict().integer().min(1).required(),
  }),
}).custom((layer: LayerPlan) => {
  if (layer.root_device === 'instance-store' && (layer.stopped ?? 0) > 0) {
    throw new Error('instances with an instance-store root cannot be stopped');
  }
  return layer;
});

const stackSchema = Joi.object<StackPlan>({
  name: Joi.string().max(64).required(),
  layers: Joi.array().items(layerSchema).min(1).max(40).unique('shortname').required(),
})
  .custom((plan: StackPlan) => {
    plan.layers.forEach((layer, index) => assertShares(layer, plan.layers.slice(0, index)));
    return plan;
  })
  .required()
  .messages({ 'any.custom': '{{#error.message}}' });

function assertShares({ shares }: LayerPlan, earlier: readonly LayerPlan[]): void {
  if (shares === undefined) return;
  const source = earlier.find(({ shortname }) => shortname === shares.layer);
  if (source === undefined) throw new Error(`shares: there is no layer ${shares.layer} before it`);
  if (source.instances < shares.instances) throw new Error(`shares: ${shares.layer} has ${source.instances} instances`);
}

/** Throws `invalid` with every problem of the body at once. */
export function parseStackPlan(value: unknown): StackPlan {
  const result = stackSchema.validate(value, { abortEarly: false, errors: { wrap: { label: false } } });
  if (!result.error) return result.value;
  const problems: Problem[] = result.error.details.map((detail) => ({
    detail: detail.message,
    pointer: `/${detail.path.join('/')}`,
  }));
  throw new AppError('invalid', 'invalid-stack', 'The stack is not usable.', { problems });
}
