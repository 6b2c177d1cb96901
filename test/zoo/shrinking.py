"""Architectures whose channels are halved by shrink.mjs, one function each. They need torchvision, timm and transformers."""

import torch
from torch import nn

CLASSES = 10


def _vision(name, **kwargs):
    import torchvision

    return torchvision.models.get_model(name, weights=None, num_classes=CLASSES, **kwargs)


def _timm(name, **kwargs):
    import timm

    model = timm.create_model(name, num_classes=CLASSES, **kwargs)
    # Some begin with zeros there, with which nothing before has a gradient.
    nn.init.normal_(model.get_classifier().weight, std=0.02)
    return model


class Pixels(nn.Module):
    """A U-Net: transposed convolutions, and each level joined with that of the way down. Its last means make one example's scores."""

    def __init__(self, width=16, levels=3):
        super().__init__()
        widths = [width * 2**level for level in range(levels + 1)]
        self.stem = self.block(3, width)
        self.down = nn.ModuleList([self.block(low, high) for low, high in zip(widths, widths[1:])])
        self.up = nn.ModuleList([nn.ConvTranspose2d(high, low, 2, stride=2) for low, high in zip(widths, widths[1:])])
        self.join = nn.ModuleList([self.block(2 * low, low) for low in widths[:-1]])
        self.head = nn.Conv2d(width, CLASSES, 1)

    @staticmethod
    def block(before, after):
        layers = []
        for first in (before, after):
            layers += [nn.Conv2d(first, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        return nn.Sequential(*layers)

    def forward(self, x):
        levels = [self.stem(x)]
        for block in self.down:
            levels.append(block(nn.functional.max_pool2d(levels[-1], 2)))
        x = levels.pop()
        for up, join, level in zip(reversed(self.up), reversed(self.join), reversed(levels)):
            x = join(torch.cat([level, up(x)], 1))
        return self.head(x).mean((2, 3))


class Texts(nn.Module):
    """A model of transformers that takes token ids and gives scores of classes."""

    def __init__(self, model, read):
        super().__init__()
        self.model = model
        self.read = read

    def forward(self, ids):
        return self.read(self.model(ids))


class Recurrent(nn.Module):
    def __init__(self, layers=1):
        super().__init__()
        self.words = nn.Embedding(1000, 64)
        self.lstm = nn.LSTM(64, 256, num_layers=layers, batch_first=True)
        self.head = nn.Sequential(nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, CLASSES))

    def forward(self, ids):
        x, _ = self.lstm(self.words(ids))
        return self.head(x[:, -1])


class WrittenDown(nn.Module):
    """Attention that takes the width of its heads from the width of its input, which stays."""

    def __init__(self, width=64, heads=4):
        super().__init__()
        self.heads = heads
        self.words = nn.Embedding(1000, width)
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, CLASSES))

    def forward(self, ids):
        x = self.words(ids)
        n, steps, width = x.shape
        q, k, v = self.qkv(self.norm(x)).chunk(3, dim=2)
        q, k, v = (one.view(n, steps, self.heads, width // self.heads).transpose(1, 2) for one in (q, k, v))
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.head(x + self.out(y.transpose(1, 2).reshape(n, steps, width)))[:, -1]


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, CLASSES))


def vgg11():
    model = _vision("vgg11_bn")
    model.classifier = nn.Sequential(nn.Linear(512 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, CLASSES))
    return model


def resnet18():
    return _vision("resnet18")


def wide_bottlenecks():
    from torchvision.models.resnet import Bottleneck, ResNet

    return ResNet(Bottleneck, [1, 1, 1, 1], num_classes=CLASSES, groups=32, width_per_group=4)


def mobilenet_v2():
    return _vision("mobilenet_v2")


def mobilenet_v3():
    return _vision("mobilenet_v3_small")


def efficientnet_b0():
    return _vision("efficientnet_b0")


def densenet():
    from torchvision.models import DenseNet

    return DenseNet(growth_rate=16, block_config=(2, 4, 4, 2), num_init_features=32, num_classes=CLASSES)


def googlenet():
    return _vision("googlenet", init_weights=True, aux_logits=False)


def squeezenet():
    return _vision("squeezenet1_1")


def shufflenet():
    return _vision("shufflenet_v2_x1_0")


def regnet():
    return _vision("regnet_y_400mf")


def convnext():
    return _timm("convnext_atto")


def se_resnet18():
    return _timm("seresnet18")


def ghostnet():
    return _timm("ghostnet_050")


def repvgg():
    return _timm("repvgg_a0")


def unet():
    return Pixels()


def group_norms():
    from torchvision.models.resnet import BasicBlock, ResNet

    return ResNet(BasicBlock, [1, 1, 1, 1], num_classes=CLASSES, norm_layer=lambda width: nn.GroupNorm(16, width))


def mixer():
    from timm.models.mlp_mixer import MlpMixer

    model = MlpMixer(num_classes=CLASSES, img_size=64, patch_size=16, num_blocks=2, embed_dim=128)
    nn.init.normal_(model.head.weight, std=0.02)
    return model


def vit_timm():
    return _timm("vit_tiny_patch16_224", img_size=64, depth=6)


def vit_torchvision():
    from torchvision.models import VisionTransformer

    model = VisionTransformer(64, 16, 3, 6, 192, 384, num_classes=CLASSES)
    nn.init.normal_(model.heads.head.weight, std=0.02)
    return model


def bert():
    from transformers import BertConfig, BertForSequenceClassification

    sizes = {"hidden_size": 128, "intermediate_size": 512, "num_hidden_layers": 2, "num_attention_heads": 4}
    return Texts(BertForSequenceClassification(BertConfig(vocab_size=1000, num_labels=CLASSES, **sizes)), lambda out: out.logits)


def gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(vocab_size=1000, n_positions=64, n_embd=128, n_layer=2, n_head=4, use_cache=False)
    return Texts(GPT2LMHeadModel(config), lambda out: out.logits[:, -1, :CLASSES])


def llama():
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = LlamaConfig(vocab_size=1000, **sizes, num_key_value_heads=2, use_cache=False)
    return Texts(LlamaForCausalLM(config), lambda out: out.logits[:, -1, :CLASSES])


def swin():
    return _vision("swin_t")


def lstm():
    return Recurrent()


def lstm_layers():
    return Recurrent(2)


def written_down():
    return WrittenDown()


class Together(nn.Module):
    """Several models of one input: what is proved of all their outputs is proved of each."""

    def __init__(self, **models):
        super().__init__()
        self.models = nn.ModuleDict(models)

    def forward(self, x):
        return torch.cat([model(x) for model in self.models.values()], 1)


def _headed(features, width):
    return nn.Sequential(*features, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, CLASSES))


def small_images():
    """ViT of nn.MultiheadAttention, DenseNet, Inception, U-Net."""
    from torchvision.models import DenseNet, VisionTransformer
    from torchvision.models.googlenet import BasicConv2d, Inception

    vit = VisionTransformer(32, 8, 1, 4, 32, 48, num_classes=CLASSES)
    nn.init.normal_(vit.heads.head.weight, std=0.02)
    dense = DenseNet(growth_rate=8, block_config=(2, 2), num_init_features=16, num_classes=CLASSES)
    blocks = [BasicConv2d(3, 16, kernel_size=3, stride=2), Inception(16, 8, 8, 16, 4, 8, 8), Inception(40, 8, 8, 16, 4, 8, 8)]
    return Together(vit=vit, dense=dense, inception=_headed(blocks, 40), unet=Pixels(4, 1))


def small_cells():
    """ShuffleNet, RegNet, GhostNet."""
    from timm.models.ghostnet import GhostBottleneck
    from torchvision.models import ShuffleNetV2
    from torchvision.models.regnet import BlockParams, RegNet

    sizes = BlockParams.from_init_params(depth=4, w_0=16, w_a=16.0, w_m=2.0, group_width=8, se_ratio=0.25)
    blocks = [nn.Conv2d(3, 16, 3, stride=2), GhostBottleneck(16, 32, 16), GhostBottleneck(16, 48, 24, stride=2, se_ratio=0.25)]
    shuffle = ShuffleNetV2([2, 2, 2], [24, 48, 96, 192, 64], num_classes=CLASSES)
    return Together(shuffle=shuffle, regnet=RegNet(sizes, num_classes=CLASSES), ghost=_headed(blocks, 24))


def small_residuals():
    """ResNet, ResNet of groups, ResNet of group norms, SE-ResNet, ConvNeXt, MobileNet, VGG, a plain MLP."""
    from timm.models.convnext import ConvNeXt
    from timm.models.resnet import BasicBlock as TimmBlock
    from timm.models.resnet import ResNet as TimmResNet
    from torchvision.models.mobilenetv2 import MobileNetV2
    from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet
    from torchvision.models.vgg import make_layers

    small = {"num_classes": CLASSES}
    vgg = nn.Sequential(make_layers([8, "M", 16, "M", 16, "M"], batch_norm=True), nn.Flatten(), nn.Linear(256, 32), nn.ReLU(), nn.Linear(32, CLASSES))
    convnext = ConvNeXt(depths=(1, 1, 1, 1), dims=(8, 8, 16, 16), **small)
    nn.init.normal_(convnext.get_classifier().weight, std=0.02)
    return Together(
        resnet=ResNet(BasicBlock, [1, 1, 1, 1], **small),
        groups=ResNet(Bottleneck, [1, 1, 1, 1], groups=32, width_per_group=1, **small),
        norms=ResNet(BasicBlock, [1, 1, 1, 1], norm_layer=lambda width: nn.GroupNorm(16, width), **small),
        squeeze=TimmResNet(TimmBlock, (1, 1, 1, 1), channels=(8, 16, 16, 16), block_args={"attn_layer": "se"}, **small),
        convnext=convnext,
        mobile=MobileNetV2(width_mult=0.25, inverted_residual_setting=[[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 2, 2]], **small),
        vgg=vgg,
        mlp=nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, CLASSES)),
    )


def small_texts():
    """BERT, GPT-2, Llama, an LSTM."""
    from transformers import BertConfig, BertForSequenceClassification, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4}
    gpt2 = GPT2Config(vocab_size=1000, n_positions=16, n_embd=16, n_layer=1, n_head=4, use_cache=False)
    llama = LlamaConfig(vocab_size=1000, **sizes, num_key_value_heads=2, use_cache=False)
    return Together(
        bert=Texts(BertForSequenceClassification(BertConfig(vocab_size=1000, num_labels=CLASSES, **sizes)), lambda out: out.logits),
        gpt2=Texts(GPT2LMHeadModel(gpt2), lambda out: out.logits[:, -1, :CLASSES]),
        llama=Texts(LlamaForCausalLM(llama), lambda out: out.logits[:, -1, :CLASSES]),
        lstm=Recurrent(),
    )
