"""The main job told from registration to scan, over HTTP, against a server of its own.

Nothing here imports more than the service itself needs: `start.py demo` runs without the tests'
packages.
"""
