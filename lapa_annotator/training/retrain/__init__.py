"""The retrain loop: a project's own model versions, each with proof that it is better."""
