"""Clusters of features: their centres, and the real pictures that stand for the whole training set."""

import faiss
import numpy as np
import torch
from torch import Tensor

ITERATIONS = 100


def cluster_centres(features: Tensor, count: int, seed: int = 0) -> Tensor:
    """Return the centres of ``count`` clusters by spherical k-means, unit-length rows (count, D), float32.

    Args:
        features: unit-length rows (N, D), float32.
        count: clusters, at most N.
    """
    rows = np.ascontiguousarray(features.numpy())
    kmeans = faiss.Kmeans(rows.shape[1], count, niter=ITERATIONS, seed=seed, spherical=True, min_points_per_centroid=1)
    kmeans.train(rows)
    return torch.from_numpy(kmeans.centroids)


def choose_instances(features: Tensor, count: int) -> Tensor:
    """Return the rows of the pictures nearest to ``count`` k-means centres, without doubles, in ascending order.

    Args:
        features: unit-length rows (N, D), float32.
        count: centres, at most N.
    Returns:
        int64 rows, at most ``count`` of them.
    Source: store_kmeans_indexes.py of the official code: a bank entry is a real picture, not a mean.
    """
    centres = cluster_centres(features, min(count, len(features)))
    nearest = (centres @ features.T).argmax(dim=1)
    return nearest.unique()
