"""Ratios measured side by side in one run; never a pass or fail on seconds."""
