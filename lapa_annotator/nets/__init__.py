"""Networks, one readable file each, and their losses; torch lives here and in training."""
