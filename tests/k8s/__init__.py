"""Tests of `k8s/`: what kustomize makes of it, without a cluster."""
