"""A small classifier of 28 x 28 grey pictures, trained apart from the generators it judges."""

import torch.nn.functional as F
from torch import Tensor, nn

from icgan_demo.models.cgan.conditional_gan import DIGITS

FEATURES = 64


class DigitClassifier(nn.Module):
    """Two convolutions and two dense layers; about 99 % right on MNIST."""

    def __init__(self, classes: int = DIGITS) -> None:
        super().__init__()
        self.classes = classes
        self.half14 = nn.Conv2d(1, 16, 5, stride=2, padding=2)
        self.half7 = nn.Conv2d(16, 32, 3, stride=2, padding=1)
        self.dense = nn.Linear(32 * 49, FEATURES)
        self.score = nn.Linear(FEATURES, classes)
        self.dropout = nn.Dropout(0.1)

    def features(self, pictures: Tensor) -> Tensor:
        """Return the last hidden layer, (N, 64), of pictures (N, 1, 28, 28) in [0, 1]."""
        hidden = F.relu(self.half14(pictures))  # (N, 16, 14, 14)
        hidden = F.relu(self.half7(hidden))  # (N, 32, 7, 7)
        return F.relu(self.dense(self.dropout(hidden.flatten(1))))

    def forward(self, pictures: Tensor) -> Tensor:
        """Return logits (N, classes)."""
        return self.score(self.dropout(self.features(pictures)))
