"""What networks are trained on: sources of samples, cut crops, augmentation, batches."""
