"""What the rules of core.diagnose look for: `start` before the first step, `training` afterwards."""
