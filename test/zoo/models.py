"""The models of the zoo: python models.py [NAME …] exports each and computes it in float64, in frames on standard output.

Families of torchvision, timm and transformers, at the smallest sizes that keep what is particular to them. For each model and each draw
of its weights and examples a frame {"name", "family", "draw"} comes first, then what `answer` of test/support/export_torch.py gives, of
which only the first draw has products with the Hessian; one of {"failed"} where it raises.
"""

import os
import sys
import time

import torch
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import export_torch  # noqa: E402

CLASSES = 10
DRAWS = 3


def image(size):
    return [[[3, size, size], "float32", 0]]


def tokens(count, words):
    return [[[count], "int64", words]]


def vision(name, size=32, **kwargs):
    def make():
        import torchvision

        return torchvision.models.get_model(name, weights=None, num_classes=CLASSES, **kwargs)

    return make, image(size)


def residual(size=32, **kwargs):
    """A ResNet of bottlenecks with one block a stage."""

    def make():
        from torchvision.models.resnet import Bottleneck, ResNet

        return ResNet(Bottleneck, [1, 1, 1, 1], num_classes=CLASSES, **kwargs)

    return make, image(size)


def vgg():
    from torchvision.models.vgg import VGG, make_layers

    model = VGG(make_layers([8, "M", 16, "M", 32, 32, "M", 64, 64, "M"], batch_norm=True))
    model.classifier = nn.Sequential(nn.Linear(64 * 7 * 7, 64), nn.ReLU(True), nn.Dropout(), nn.Linear(64, CLASSES))
    return model


def alexnet():
    from torchvision.models import AlexNet

    model = AlexNet()
    model.classifier = nn.Sequential(nn.Dropout(), nn.Linear(256 * 6 * 6, 32), nn.ReLU(inplace=True), nn.Linear(32, CLASSES))
    return model


def densenet():
    from torchvision.models import DenseNet

    return DenseNet(growth_rate=8, block_config=(2, 2, 2, 2), num_init_features=16, num_classes=CLASSES)


def convnext():
    from torchvision.models.convnext import CNBlockConfig, ConvNeXt

    stages = [CNBlockConfig(16, 24, 1), CNBlockConfig(24, 32, 1), CNBlockConfig(32, None, 2)]
    return ConvNeXt(stages, stochastic_depth_prob=0.1, num_classes=CLASSES)


def vit():
    from torchvision.models import VisionTransformer

    model = VisionTransformer(32, 8, 2, 2, 24, 48, num_classes=CLASSES)
    # It begins at zero, with which all else has no gradient.
    nn.init.normal_(model.heads.head.weight, std=0.1)
    return model


def swin(version=1):
    from torchvision.models import swin_transformer as swins

    newer = {"block": swins.SwinTransformerBlockV2, "downsample_layer": swins.PatchMergingV2} if version == 2 else {}
    return swins.SwinTransformer([4, 4], 24, [2, 2], [2, 4], [4, 4], stochastic_depth_prob=0.1, num_classes=CLASSES, **newer)


def fcn():
    from torchvision.models import segmentation as heads
    from torchvision.models._utils import IntermediateLayerGetter
    from torchvision.models.resnet import Bottleneck, ResNet

    backbone = ResNet(Bottleneck, [1, 1, 1, 1], width_per_group=16, replace_stride_with_dilation=[False, True, True])
    layers = IntermediateLayerGetter(backbone, {"layer4": "out", "layer3": "aux"})
    return heads.FCN(layers, heads.fcn.FCNHead(2048, 4), heads.fcn.FCNHead(1024, 4))


def segmentation(name, size=64, **kwargs):
    def make():
        import torchvision

        return torchvision.models.get_model(name, weights=None, weights_backbone=None, num_classes=4, **kwargs)

    return make, image(size)


def timm(name, size=32, **kwargs):
    def make():
        import timm

        return timm.create_model(name, num_classes=CLASSES, **kwargs)

    return make, image(size)


def mixer(residual=False):
    from timm.models import mlp_mixer

    blocks = {"block_layer": mlp_mixer.ResBlock, "norm_layer": mlp_mixer.Affine, "mlp_ratio": 4} if residual else {}
    model = mlp_mixer.MlpMixer(num_classes=CLASSES, img_size=32, patch_size=8, num_blocks=2, embed_dim=16, **blocks)
    nn.init.normal_(model.head.weight, std=0.1)
    return model


def convmixer():
    from timm.models.convmixer import ConvMixer

    return ConvMixer(dim=16, depth=2, num_classes=CLASSES)


class Wrapped(nn.Module):
    """A model of transformers that takes token ids and gives logits of classes."""

    def __init__(self, model, read):
        super().__init__()
        self.model = model
        self.read = read

    def forward(self, ids):
        return self.read(self.model(ids))


def gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(vocab_size=40, n_positions=16, n_embd=16, n_layer=2, n_head=2, use_cache=False)
    return Wrapped(GPT2LMHeadModel(config), lambda out: out.logits[:, -1])


def llama():
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {"vocab_size": 40, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = LlamaConfig(**sizes, num_key_value_heads=2, use_cache=False)
    return Wrapped(LlamaForCausalLM(config), lambda out: out.logits[:, -1])


def bert():
    from transformers import BertConfig, BertForSequenceClassification

    sizes = {"vocab_size": 40, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    return Wrapped(BertForSequenceClassification(BertConfig(**sizes, num_labels=3)), lambda out: out.logits)


def distilbert():
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    config = DistilBertConfig(vocab_size=40, dim=16, hidden_dim=32, n_layers=2, n_heads=2, num_labels=3)
    return Wrapped(DistilBertForSequenceClassification(config), lambda out: out.logits)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(40, 8)
        self.lstm = nn.LSTM(8, 12, num_layers=2, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(24, 8, batch_first=True)
        self.head = nn.Linear(8, 3)

    def forward(self, ids):
        x, _ = self.lstm(self.embed(ids))
        x, _ = self.gru(x)
        return self.head(x[:, -1])


SMALL_VIT = {"img_size": 32, "patch_size": 8, "embed_dim": 24, "depth": 2, "num_heads": 2}

ZOO = {
    "resnet18": ("ResNet", *vision("resnet18")),
    "resnext (32x4d)": ("ResNet", *residual(groups=32, width_per_group=4)),
    "resnet (bottlenecks)": ("ResNet", *residual(width_per_group=32)),
    "vgg (batch norm)": ("VGG", vgg, image(32)),
    "alexnet": ("AlexNet", alexnet, image(64)),
    "squeezenet1_1": ("SqueezeNet", *vision("squeezenet1_1")),
    "densenet": ("DenseNet", densenet, image(32)),
    "googlenet": ("Inception", *vision("googlenet", 32, init_weights=False)),
    "inception_v3": ("Inception", *vision("inception_v3", 75, init_weights=False, aux_logits=False)),
    "mobilenet_v2": ("MobileNet", *vision("mobilenet_v2")),
    "mobilenet_v3_small": ("MobileNet", *vision("mobilenet_v3_small")),
    "mnasnet0_5": ("MobileNet", *vision("mnasnet0_5")),
    "efficientnet_b0": ("EfficientNet", *vision("efficientnet_b0")),
    "efficientnetv2 (timm)": ("EfficientNet", *timm("efficientnetv2_rw_s", 32, channel_multiplier=0.25, depth_multiplier=0.3)),
    "shufflenet_v2_x0_5": ("ShuffleNet", *vision("shufflenet_v2_x0_5")),
    "regnet_y_400mf": ("RegNet", *vision("regnet_y_400mf")),
    "convnext": ("ConvNeXt", convnext, image(32)),
    "vit (torchvision)": ("ViT", vit, image(32)),
    "swin": ("Swin", swin, image(32)),
    "swin v2": ("Swin", lambda: swin(2), image(32)),
    "maxvit (torchvision)": (
        "MaxViT",
        lambda: __import__("torchvision").models.MaxVit((64, 64), 16, 2, [16, 32], [1, 1], 8, 0.1, num_classes=CLASSES),
        image(64),
    ),
    "fcn_resnet": ("segmentation", fcn, image(32)),
    "deeplabv3_mobilenet": ("segmentation", *segmentation("deeplabv3_mobilenet_v3_large")),
    "lraspp_mobilenet": ("segmentation", *segmentation("lraspp_mobilenet_v3_large")),
    "vit_tiny (timm)": ("ViT", *timm("vit_tiny_patch16_224", **SMALL_VIT)),
    "deit_tiny_distilled": ("ViT", *timm("deit_tiny_distilled_patch16_224", **SMALL_VIT)),
    "swin (timm)": ("Swin", *timm("swin_tiny_patch4_window7_224", 32, img_size=32, window_size=4, embed_dim=12, depths=(2, 2), num_heads=(2, 2))),
    "mixer": ("MLP", mixer, image(32)),
    "resmlp": ("MLP", lambda: mixer(True), image(32)),
    "convmixer": ("ConvMixer", convmixer, image(32)),
    "maxvit (timm)": ("MaxViT", *timm("maxvit_pico_rw_256", 64, img_size=64)),
    "coatnet": ("MaxViT", *timm("coatnet_pico_rw_224", 64, img_size=64)),
    "mobilevit_xxs": ("MobileViT", *timm("mobilevit_xxs", 64)),
    "mobilevitv2_050": ("MobileViT", *timm("mobilevitv2_050", 64)),
    "levit_128s": ("LeViT", *timm("levit_128s", 64, img_size=64)),
    "xcit_nano": ("XCiT", *timm("xcit_nano_12_p16_224", 32, img_size=32, depth=2)),
    "nf_regnet_b0": ("NFNet", *timm("nf_regnet_b0", 32)),
    "nfnet_l0": ("NFNet", *timm("nfnet_l0", 32)),
    "ghostnet_050": ("GhostNet", *timm("ghostnet_050", 32)),
    "repvgg_a0": ("RepVGG", *timm("repvgg_a0", 32)),
    "hardcorenas_a": ("MobileNet", *timm("hardcorenas_a", 32)),
    "efficientformer_l1": ("EfficientFormer", *timm("efficientformer_l1", 224, depths=(1, 1, 1, 2), embed_dims=(16, 24, 32, 64))),
    "poolformer": ("PoolFormer", *timm("poolformer_s12", 64)),
    "pvt_v2_b0": ("PVT", *timm("pvt_v2_b0", 64)),
    "edgenext_xx_small": ("EdgeNeXt", *timm("edgenext_xx_small", 64)),
    "cait_xxs24": ("CaiT", *timm("cait_xxs24_224", 32, img_size=32, patch_size=8, depth=2, embed_dim=24, num_heads=2)),
    "beit": ("BEiT", *timm("beit_base_patch16_224", 32, img_size=32, patch_size=8, depth=2, embed_dim=24, num_heads=2)),
    "res2net50": ("ResNet", *timm("res2net50_14w_8s", 32, layers=[1, 1, 1, 1])),
    "skresnet18": ("ResNet", *timm("skresnet18", 32)),
    "cs3darknet": ("CSPNet", *timm("cs3darknet_focus_s", 64)),
    "dla46_c": ("DLA", *timm("dla46_c", 32)),
    "hrnet_w18_small": ("HRNet", *timm("hrnet_w18_small", 64)),
    "vovnet": ("VoVNet", *timm("ese_vovnet19b_slim_dw", 32)),
    "dpn48b": ("DPN", *timm("dpn48b", 32)),
    "fastvit_t8": ("FastViT", *timm("fastvit_t8", 64)),
    "gpt2": ("GPT-2", gpt2, tokens(8, 40)),
    "llama": ("Llama", llama, tokens(8, 40)),
    "bert": ("BERT", bert, tokens(8, 40)),
    "distilbert": ("BERT", distilbert, tokens(8, 40)),
    "lstm and gru": ("LSTM", Recurrent, tokens(6, 40)),
}


def compute(model, examples, draw):
    found = export_torch.references(model, examples, products=draw == 0)
    return export_torch.float32_gradients(model, examples, found)


def write_draw(out, name, draw):
    """Whether the model could be made, exported and computed."""
    family, make, inputs = ZOO[name]
    export_torch.write_frame(out, {"name": name, "family": family, "draw": draw}, [])
    started = time.time()
    try:
        torch.manual_seed(draw)
        return export_torch.answer(out, make(), inputs, lambda model, examples: compute(model, examples, draw))
    except Exception as error:
        message = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"
        export_torch.write_frame(out, {"failed": message}, [])
        return False
    finally:
        out.flush()
        print(f"{name}: {time.time() - started:.1f} s", file=sys.stderr)


def main():
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    torch.set_num_threads(2)
    export_torch.BATCH = 6
    for name in sys.argv[1:] or ZOO:
        for draw in range(DRAWS):
            if not write_draw(out, name, draw):
                break


main()
