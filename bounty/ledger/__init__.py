"""Certification blocks, their budget and bounds, and the plan of what they can certify."""
