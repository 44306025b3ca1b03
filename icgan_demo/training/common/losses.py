"""One short function for each adversarial loss; scores have shape (B,)."""

import torch
import torch.nn.functional as F
from torch import Tensor


def discriminator_hinge(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """Mean hinge loss; 0 when real >= 1 and fake <= -1.  Source: Lim and Ye 2017, Geometric GAN."""
    return F.relu(1 - real_scores).mean() + F.relu(1 + fake_scores).mean()


def generator_hinge(fake_scores: Tensor) -> Tensor:
    """Minus the mean score.  Source: Lim and Ye 2017."""
    return -fake_scores.mean()


def discriminator_logistic(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """Mean logistic loss of telling real from fake.  Source: Goodfellow et al. 2014, equation 1."""
    return F.softplus(-real_scores).mean() + F.softplus(fake_scores).mean()


def mismatched_hinge(scores: Tensor) -> Tensor:
    """Mean hinge loss of real pictures beside conditions of others, 0 when every score is <= -1."""
    return F.relu(1 + scores).mean()


def mismatched_logistic(scores: Tensor) -> Tensor:
    """Mean logistic loss of real pictures beside conditions of others.  Source: Reed et al. 2016, algorithm 1."""
    return F.softplus(scores).mean()


def generator_logistic(fake_scores: Tensor) -> Tensor:
    """Mean non-saturating loss.  Source: Goodfellow et al. 2014, section 3."""
    return F.softplus(-fake_scores).mean()


def evidence_bound(real: Tensor, drawn: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Mean negative evidence lower bound in nats: cross-entropy of the pixels, plus the divergence of the noise.

    Args:
        real, drawn: pictures (N, 1, H, W) in [0, 1] and how they were redrawn from guessed noise.
        mean, log_variance: of the guess, (N, D).
    Source: Kingma and Welling 2014, equation 10.
    """
    pixels = F.binary_cross_entropy(drawn.clamp(1e-5, 1 - 1e-5), real, reduction="none").flatten(1).sum(dim=1)
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1)
    return (pixels + divergence).mean()


def r1_penalty(real_scores: Tensor, real_images: Tensor) -> Tensor:
    """Half the mean squared gradient norm of the scores at real images (which must require a gradient).

    Source: Mescheder et al. 2018, equation 9 (without gamma).
    """
    (gradient,) = torch.autograd.grad(real_scores.sum(), real_images, create_graph=True)
    return 0.5 * gradient.float().square().sum(dim=tuple(range(1, gradient.ndim))).mean()
