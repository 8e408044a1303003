"""The workshop of the scorecards: weights from outcomes (docs/fitting.md). No service knows it."""
