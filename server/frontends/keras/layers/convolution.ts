/** Conv2D, with groups and dilation. */
import { resolveActivation } from '../network/activations';
import { declareBias, imageChannels, oneInput } from './definition';
import { convolutionGeometry, readConvolution } from './geometry';

export const convolution = oneInput((context) => {
  const { config, fail } = context;
  const channels = imageChannels(context);
  const filters = config.integer('filters', 1);
  const groups = config.integer('groups', 1, 1);
  if (channels % groups !== 0 || filters % groups !== 0) {
    fail(`${channels} channels and ${filters} filters cannot both be divided into ${groups} groups.`);
  }
  const options = readConvolution(context);
  const [kh, kw] = options.kernelSize;
  const perOutput = kh * kw * (channels / groups);
  context.parameter({
    name: 'kernel',
    role: 'kernel',
    shape: [kh, kw, channels / groups, filters],
    option: 'kernel',
    initializer: 'glorotUniform',
  });
  const addBias = declareBias(context, filters);
  return {
    activation: resolveActivation(config.value('activation'), fail),
    apply(scope, [x]) {
      const y = scope.b.conv2d(x, scope.parameter('kernel'), convolutionGeometry(options, x.shape, groups));
      return addBias(scope, y);
    },
    macs: (_input, [height, width]) => height * width * filters * perOutput,
  };
});
