"""Network sizes that train in hours on a processor; the published ones are far larger."""

from icgan_demo.config import DiscriminatorConfig, GeneratorConfig

GENERATOR_WIDTHS = {
    32: (160, 128, 96, 64),
    64: (192, 160, 96, 64, 32),
    128: (192, 192, 160, 96, 64, 32),
    256: (192, 192, 192, 160, 96, 64, 32),
}
DISCRIMINATOR_WIDTHS = {
    32: (64, 128, 192, 192),
    64: (32, 64, 128, 256, 256),
    128: (32, 64, 96, 160, 256, 256),
    256: (16, 32, 64, 96, 160, 256, 256),
}


def small_networks(
    resolution: int, feature_dim: int, num_classes: int, *, clusters: int = 0, spectral_norm: bool = False
) -> tuple[GeneratorConfig, DiscriminatorConfig]:
    """Return generator and discriminator settings of about 1.5 and 2.5 million parameters.

    Args:
        resolution: 32, 64, 128 or 256.
        feature_dim: length of the instance feature.
        num_classes: 0 for unlabelled pictures; with classes, "no label" is learned as well.
        clusters: of features, each embedded as a whole; 0 embeds the feature itself.
        spectral_norm: False for the logistic loss with R1, True for the hinge loss as published.
    """
    generator = GeneratorConfig(
        resolution,
        GENERATOR_WIDTHS[resolution],
        noise_chunk=24,
        feature_dim=feature_dim,
        feature_embed_dim=128,
        num_classes=num_classes,
        class_embed_dim=64,
        no_label=num_classes > 0,
        spectral_norm=spectral_norm,
        clusters=clusters,
    )
    discriminator = DiscriminatorConfig(
        resolution,
        DISCRIMINATOR_WIDTHS[resolution],
        feature_dim=feature_dim,
        num_classes=num_classes,
        no_label=num_classes > 0,
        spectral_norm=spectral_norm,
        minibatch_deviation=not spectral_norm,
        pool="sum" if spectral_norm else "mean",
        leaky_slope=0.0 if spectral_norm else 0.2,
        clusters=clusters,
    )
    return generator, discriminator
