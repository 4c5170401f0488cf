"""Rendered faces with exact labels: heads, looks, points and label maps (extra ``synth``)."""
